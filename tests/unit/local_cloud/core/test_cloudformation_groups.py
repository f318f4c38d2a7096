from __future__ import annotations

from typing import Any

import pytest

from local_cloud.sagemaker.cloudformation import ModelPackageGroupResource
from local_cloud.sagemaker.errors import ValidationException

ARN = "arn:aws:sagemaker:us-east-1:000000000000:model-package-group/birds"


def update(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, Any]]:
    """The actions that an update of the group carries out."""
    calls: list[tuple[str, Any]] = []

    def call(action: str, request: Any) -> dict[str, Any]:
        calls.append((action, request))
        return {"ModelPackageGroupArn": ARN}

    name = {"ModelPackageGroupName": "birds"}
    ModelPackageGroupResource(call).update(ARN, {**name, **old}, {**name, **new}, "stack")
    return calls


def test_a_new_description_is_refused_because_no_action_changes_it() -> None:
    described = {"ModelPackageGroupDescription": "all birds"}
    with pytest.raises(ValidationException, match="description of model package group birds"):
        update({}, described)
    assert update(described, described) == []


def test_tags_that_left_the_template_leave_the_group() -> None:
    old = {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}]}
    new = {"Tags": [{"Key": "b", "Value": "2"}]}
    assert update(old, new) == [
        ("DeleteTags", {"ResourceArn": ARN, "TagKeys": ["a"]}),
        ("AddTags", {"ResourceArn": ARN, "Tags": new["Tags"]}),
    ]
    assert update(new, {}) == [("DeleteTags", {"ResourceArn": ARN, "TagKeys": ["b"]})]
