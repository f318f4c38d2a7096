"""Each List's order and page without the members that choose them, as AWS documents them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from local_cloud.sagemaker import dispatch, validation
from local_cloud.sagemaker.service import SageMakerService
from tests.unit.local_cloud.sagemaker_doubles import assert_output_shape

COUNT = 12
LISTS = {
    "ListTrainingJobs": ("training-job", "TrainingJob", {"SecondaryStatus": "Completed"}),
    "ListProcessingJobs": ("processing-job", "ProcessingJob", {}),
    "ListTransformJobs": ("transform-job", "TransformJob", {}),
    "ListModels": ("model", "Model", {}),
    "ListEndpointConfigs": ("endpoint-config", "EndpointConfig", {}),
    "ListEndpoints": ("endpoint", "Endpoint", {}),
    "ListModelPackageGroups": ("model-package-group", "ModelPackageGroup", {}),
    "ListModelPackages": ("model-package", "ModelPackage", {}),
}
"""The kind of the documents, what their members begin with, and members beside."""


def fill(service: SageMakerService, kind: str, member: str, **more: Any) -> list[str]:
    """The names of the documents that are made, the oldest first; it is last by name."""
    names = [f"name-{chr(ord('z') - position)}" for position in range(COUNT)]
    for position, name in enumerate(names):
        document = {
            f"{member}Name": name,
            f"{member}Arn": service.arn(f"{kind}/{name}"),
            f"{member}Status": "InService" if member == "Endpoint" else "Completed",
            "CreationTime": float(position),
            "LastModifiedTime": float(position),
            **more,
        }
        service.store.create(kind, name, document)
    return names


def documented(action: str, member: str) -> str | None:
    """The default that AWS's documentation of a request's member names."""
    text = validation.operation(action).input_shape.members[member].documentation
    plain = re.sub(r"<[^>]+>", "", text)
    found = re.search(r"default(?:s| value)?(?: is| to) (\w+)", plain)
    return found[1] if found else None


@pytest.mark.parametrize("action", LISTS)
def test_a_list_comes_in_the_order_and_the_pages_that_aws_documents(
    service: SageMakerService, action: str
) -> None:
    kind, member, more = LISTS[action]
    names = fill(service, kind, member, **more)
    answer = dispatch.perform(service, action, {})
    assert_output_shape(action, answer)
    (summaries,) = (value for value in answer.values() if isinstance(value, list))
    assert len(summaries) == int(documented(action, "MaxResults") or 10)
    assert documented(action, "SortBy") == "CreationTime"
    oldest_first = documented(action, "SortOrder") == "Ascending"
    expected = names if oldest_first else names[::-1]
    assert [one[f"{member}Name"] for one in summaries] == expected[: len(summaries)]
    rest = dispatch.perform(service, action, {"NextToken": answer["NextToken"]})
    assert "NextToken" not in rest


@pytest.mark.parametrize("action", LISTS)
def test_a_list_is_narrowed_and_ordered_as_asked(service: SageMakerService, action: str) -> None:
    kind, member, more = LISTS[action]
    names = fill(service, kind, member, **more)

    def listed(**request: Any) -> list[str]:
        answer = dispatch.perform(service, action, {"MaxResults": 100, **request})
        (summaries,) = (value for value in answer.values() if isinstance(value, list))
        return [one[f"{member}Name"] for one in summaries]

    assert listed(SortBy="Name", SortOrder="Ascending") == names[::-1]
    assert listed(SortBy="CreationTime", SortOrder="Descending") == names[::-1]
    assert listed(NameContains="NAME-z") == ["name-z"]
    assert sorted(listed(CreationTimeAfter=9.5)) == sorted(names[10:])
    assert sorted(listed(CreationTimeBefore=1.5)) == sorted(names[:2])
    members = validation.operation(action).input_shape.members
    if "StatusEquals" in members:
        assert listed(StatusEquals="Failed") == []
    if "LastModifiedTimeAfter" in members:
        assert sorted(listed(LastModifiedTimeAfter=9.5)) == sorted(names[10:])
