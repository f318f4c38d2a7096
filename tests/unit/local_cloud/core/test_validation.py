from __future__ import annotations

import pytest

from local_cloud.json_api.constraints import compiled
from local_cloud.sagemaker import validation
from local_cloud.sagemaker.errors import ApiError


def test_every_pattern_of_awss_model_can_be_checked() -> None:
    model = validation.service_model()
    patterns = [model.shape_for(name).metadata.get("pattern") for name in model.shape_names]
    assert len([compiled(pattern) for pattern in patterns if pattern]) > 100


def tags(*keys: str) -> dict[str, object]:
    return {
        "ModelPackageGroupName": "group",
        "Tags": [{"Key": key, "Value": "a value: größer"} for key in keys],
    }


def test_letters_of_every_language_may_stand_in_tags() -> None:
    validation.validate("CreateModelPackageGroup", tags("größe", "aws-cdk:bucket", "大小"))


def test_what_a_pattern_forbids_is_named_with_its_place() -> None:
    with pytest.raises(ApiError, match=r"'tags.2.member.key' failed to satisfy constraint"):
        validation.validate("CreateModelPackageGroup", tags("fine", "not;fine"))
