from __future__ import annotations

from typing import Any

import pytest

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker import dispatch, iam, validation
from local_cloud.sagemaker.service import SageMakerService
from tests.unit.local_cloud.pipeline.definitions import ROLE

TAGS = [{"Key": "team", "Value": "rooks"}]
DEFINITION = (
    '{"Version": "2020-12-01", "Steps": '
    '[{"Name": "End", "Type": "Fail", "Arguments": {"ErrorMessage": "-"}}]}'
)
GROUP = {"ModelPackageGroupName": "tagged"}
PIPELINE = {"PipelineName": "Tagged"}
PACKAGE = {"ModelPackageName": "tagged"}


def tagged(service: SageMakerService, create: str, request: dict[str, Any], arn: str) -> str:
    return str(dispatch.perform(service, create, {**request, "Tags": TAGS})[arn])


def tags(service: SageMakerService, arn: str) -> Any:
    return dispatch.perform(service, "ListTags", {"ResourceArn": arn})["Tags"]


@pytest.mark.parametrize(
    ("create", "request_", "arn_member", "delete", "name"),
    [
        (
            "CreateModelPackageGroup",
            GROUP,
            "ModelPackageGroupArn",
            "DeleteModelPackageGroup",
            GROUP,
        ),
        (
            "CreatePipeline",
            {
                **PIPELINE,
                "PipelineDefinition": DEFINITION,
                "RoleArn": ROLE,
                "ClientRequestToken": "t" * 32,
            },
            "PipelineArn",
            "DeletePipeline",
            {**PIPELINE, "ClientRequestToken": "t" * 32},
        ),
        (
            "CreateModelPackage",
            {**PACKAGE, "SourceUri": "s3://models/m"},
            "ModelPackageArn",
            "DeleteModelPackage",
            PACKAGE,
        ),
    ],
)
def test_tags_given_at_creation_are_listed_and_end_with_the_resource(
    service: SageMakerService,
    create: str,
    request_: dict[str, Any],
    arn_member: str,
    delete: str,
    name: dict[str, Any],
) -> None:
    arn = tagged(service, create, request_, arn_member)
    assert tags(service, arn) == TAGS
    dispatch.perform(service, delete, name)
    dispatch.perform(service, create, request_)
    assert tags(service, arn) == []


def test_a_resource_that_is_not_there_has_no_tags_to_list_add_or_delete(
    service: SageMakerService,
) -> None:
    missing = {"ResourceArn": service.arn("training-job/none")}
    for action, more in (
        ("ListTags", {}),
        ("AddTags", {"Tags": TAGS}),
        ("DeleteTags", {"TagKeys": ["team"]}),
    ):
        with pytest.raises(ApiError, match="training-job/none"):
            dispatch.perform(service, action, {**missing, **more})


def test_a_resource_has_at_most_fifty_tags(service: SageMakerService) -> None:
    many = [{"Key": f"k{n:02}", "Value": "v"} for n in range(50)]
    arn = tagged(service, "CreateModelPackageGroup", GROUP, "ModelPackageGroupArn")
    dispatch.perform(service, "AddTags", {"ResourceArn": arn, "Tags": many[:49]})
    listed = dispatch.perform(service, "ListTags", {"ResourceArn": arn, "MaxResults": 50})
    assert listed["Tags"] == sorted([*many[:49], *TAGS], key=lambda tag: tag["Key"])
    assert "NextToken" not in listed
    with pytest.raises(ApiError, match="at most 50 tags"):
        dispatch.perform(service, "AddTags", {"ResourceArn": arn, "Tags": many[49:]})
    overwritten = [{"Key": "team", "Value": "crows"}]
    dispatch.perform(service, "AddTags", {"ResourceArn": arn, "Tags": overwritten})
    assert len(tags(service, arn)) == 50


def test_reserved_keys_and_keys_given_twice_are_refused_before_anything_is_made(
    service: SageMakerService,
) -> None:
    wrong = [{"Key": key, "Value": "v"} for key in ("aws:team", "x", "x")]
    with pytest.raises(ApiError, match=r"aws: prefixed tag key names .* Duplicate tag keys .*: x"):
        dispatch.perform(service, "CreateModelPackageGroup", {**GROUP, "Tags": wrong})
    dispatch.perform(service, "CreateModelPackageGroup", GROUP)


KINDS = {
    "training-job": "training-job/x",
    "processing-job": "processing-job/x",
    "hyper-parameter-tuning-job": "hyper-parameter-tuning-job/x",
    "transform-job": "transform-job/x",
    "model": "model/x",
    "endpoint-config": "endpoint-config/x",
    "endpoint": "endpoint/x",
    "pipeline": "pipeline/x",
    "pipeline-execution": "pipeline/x/execution/abc",
    "model-package-group": "model-package-group/x",
    "model-package": "model-package/x/1",
    "experiment": "experiment/x",
    "experiment-trial": "experiment-trial/x",
    "experiment-trial-component": "experiment-trial-component/x",
    "notebook-instance": "notebook-instance/x",
    "notebook-instance-lifecycle-config": "notebook-instance-lifecycle-config/x",
}
KEPT_BY_ARN = ("pipeline-execution", "model-package")


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_has_an_arn_can_be_tagged(service: SageMakerService, kind: str) -> None:
    arn = service.arn(KINDS[kind])
    service.store.create(kind, arn if kind in KEPT_BY_ARN else "x", {"CreationTime": 1.0})
    added = dispatch.perform(service, "AddTags", {"ResourceArn": arn, "Tags": TAGS})
    assert added["Tags"] == tags(service, arn) == TAGS
    dispatch.perform(service, "DeleteTags", {"ResourceArn": arn, "TagKeys": ["team"]})
    assert tags(service, arn) == []


@pytest.mark.parametrize("action", ["AddTags", "ListTags", "DeleteTags"])
def test_an_arn_of_another_account_is_not_found(service: SageMakerService, action: str) -> None:
    service.store.create("model", "x", {"CreationTime": 1.0})
    other = "arn:aws:sagemaker:us-east-1:111111111111:model/x"
    members: dict[str, dict[str, Any]] = {
        "AddTags": {"Tags": TAGS},
        "DeleteTags": {"TagKeys": ["team"]},
    }
    more = members.get(action, {})
    with pytest.raises(ApiError, match="Requested resource not found"):
        dispatch.perform(service, action, {"ResourceArn": other, **more})


def test_whatever_can_be_made_with_tags_is_among_those() -> None:
    kinds = {"ModelPackage": "model-package"} | {
        noun: kind for noun, (_, kind) in iam.RESOURCES.items()
    }
    for action in dispatch.ACTIONS:
        shape = validation.operation(action).input_shape
        if action.startswith("Create") and "Tags" in shape.members:
            assert kinds[action.removeprefix("Create")] in KINDS
