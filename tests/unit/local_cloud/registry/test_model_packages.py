"""The model registry: groups, versions, approval, and the events that approval puts on the bus."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker import dispatch
from local_cloud.sagemaker.errors import ConflictException
from local_cloud.sagemaker.model_package_events import DETAIL_TYPE
from tests.unit.local_cloud.sagemaker_doubles import (
    AwsDouble,
    EventsDouble,
    assert_output_shape,
    make_service,
)

MODEL = "s3://artifacts/train/model.tar.gz"
GROUP_ARN = "arn:aws:sagemaker:us-east-1:000000000000:model-package-group/digits"
ARN = "arn:aws:sagemaker:us-east-1:000000000000:model-package/digits"
METRICS = {
    "ModelQuality": {
        "Statistics": {"ContentType": "application/json", "S3Uri": "s3://artifacts/e.json"}
    }
}


class Registry:
    def __init__(self, folder: Path) -> None:
        self.service, self.aws, self.events, _ = make_service(folder)
        self.aws.objects["artifacts", "train/model.tar.gz"] = b"model"

    aws: AwsDouble
    events: EventsDouble

    def call(self, operation: str, **request: Any) -> Any:
        answer = dispatch.perform(self.service, operation, request)
        if operation.startswith("Delete"):
            assert answer == {}
        else:
            assert_output_shape(operation, answer)
        return answer

    def register(self, **more: Any) -> str:
        request = {"ModelPackageGroupName": "digits", "InferenceSpecification": specification()}
        answer = self.call("CreateModelPackage", **{**request, **more})
        return str(answer["ModelPackageArn"])

    @property
    def told(self) -> list[dict[str, Any]]:
        return self.events.details(DETAIL_TYPE)


def specification(model: str = MODEL) -> dict[str, Any]:
    return {
        "Containers": [{"Image": "image", "ModelDataUrl": model}],
        "SupportedContentTypes": ["application/json"],
        "SupportedResponseMIMETypes": ["application/json"],
    }


ALONE = {
    **specification(),
    "SupportedTransformInstanceTypes": ["ml.m5.large"],
    "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
}
"""What a package without a group needs."""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    made = Registry(tmp_path)
    made.call("CreateModelPackageGroup", ModelPackageGroupName="digits")
    yield made
    made.service.store.close()


def test_versions_count_up_and_a_deleted_number_is_not_used_again(registry: Registry) -> None:
    assert [registry.register(), registry.register()] == [f"{ARN}/1", f"{ARN}/2"]
    registry.call("DeleteModelPackage", ModelPackageName=f"{ARN}/2")
    assert registry.register() == f"{ARN}/3"


def test_a_package_is_described_as_it_was_registered(registry: Registry) -> None:
    arn = registry.register(
        ModelMetrics=METRICS,
        CustomerMetadataProperties={"dataset_version": "abc"},
        ModelPackageDescription="first",
    )
    described = registry.call("DescribeModelPackage", ModelPackageName=arn)
    assert described["ModelPackageVersion"] == 1
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert described["ModelPackageStatus"] == "Completed"
    assert described["ModelMetrics"] == METRICS
    assert described["CustomerMetadataProperties"] == {"dataset_version": "abc"}
    (container,) = described["InferenceSpecification"]["Containers"]
    assert container == {"Image": "image", "ModelDataUrl": MODEL, "ModelDataETag": "5"}
    assert not [key for key in described if key.startswith("_")]
    by_name = registry.call("DescribeModelPackage", ModelPackageName="digits/1")
    assert by_name == described


def test_registering_puts_an_event_on_the_bus_in_awss_shape(registry: Registry) -> None:
    arn = registry.register(ModelMetrics=METRICS)
    ((kind, resources, detail),) = registry.events.published
    assert kind == "SageMaker Model Package State Change"
    assert resources == [arn]
    assert detail["ModelPackageGroupName"] == "digits"
    assert detail["ModelPackageVersion"] == 1
    assert detail["ModelPackageArn"] == arn
    assert detail["ModelPackageStatus"] == "Completed"
    assert detail["ModelApprovalStatus"] == "PendingManualApproval"
    assert detail["ModelMetrics"] == METRICS
    assert detail["CreationTime"].endswith("Z")
    assert "UpdatedModelPackageFields" not in detail


def test_an_approval_is_told_once_and_says_what_changed(registry: Registry) -> None:
    arn = registry.register()
    approval = {
        "ModelPackageArn": arn,
        "ModelApprovalStatus": "Approved",
        "ApprovalDescription": "good",
    }
    registry.call("UpdateModelPackage", **approval)
    registry.call("UpdateModelPackage", **approval)
    _, approved = registry.told
    assert approved["ModelApprovalStatus"] == "Approved"
    assert approved["ApprovalDescription"] == "good"
    assert approved["UpdatedModelPackageFields"] == ["ApprovalDescription", "ModelApprovalStatus"]
    described = registry.call("DescribeModelPackage", ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "Approved"


def test_customer_metadata_is_added_and_removed(registry: Registry) -> None:
    arn = registry.register(CustomerMetadataProperties={"a": "1", "b": "2"})
    registry.call(
        "UpdateModelPackage",
        ModelPackageArn=arn,
        CustomerMetadataProperties={"c": "3"},
        CustomerMetadataPropertiesToRemove=["a"],
    )
    described = registry.call("DescribeModelPackage", ModelPackageName=arn)
    assert described["CustomerMetadataProperties"] == {"b": "2", "c": "3"}
    assert registry.told[-1]["UpdatedModelPackageFields"] == ["CustomerMetadataProperties"]


CARD = {"ModelCardContent": '{"intended_uses": {}}', "ModelCardStatus": "Draft"}


def test_a_model_card_is_changed_until_it_is_archived(registry: Registry) -> None:
    arn = registry.register(ModelCard=CARD)

    def update(**card: str) -> Any:
        registry.call("UpdateModelPackage", ModelPackageArn=arn, ModelCard=card)
        return registry.call("DescribeModelPackage", ModelPackageName=arn)["ModelCard"]

    with pytest.raises(ValidationException, match="ModelCardContent is not JSON"):
        update(ModelCardContent="words")
    assert update(ModelCardStatus="Archived") == {**CARD, "ModelCardStatus": "Archived"}
    with pytest.raises(ValidationException, match=r"Model Card is in Archived state\."):
        update(ModelCardContent="{}")
    assert update(ModelCardStatus="Draft") == CARD


def test_the_other_members_of_a_version_are_updated_and_told(registry: Registry) -> None:
    arn = registry.register()
    changed = {
        "ModelPackageRegistrationType": "Logged",
        "SourceUri": "s3://artifacts/source",
        "ModelLifeCycle": {"Stage": "Development", "StageStatus": "PendingApproval"},
    }
    more = [{"Name": "small", **specification()}]
    registry.call(
        "UpdateModelPackage",
        ModelPackageArn=arn,
        AdditionalInferenceSpecificationsToAdd=more,
        **changed,
    )
    described = registry.call("DescribeModelPackage", ModelPackageName=arn)
    assert described.items() >= changed.items()
    assert described["AdditionalInferenceSpecifications"] == more
    assert set(registry.told[-1]["UpdatedModelPackageFields"]) == {
        "AdditionalInferenceSpecifications",
        *changed,
    }
    with pytest.raises(ValidationException, match=r"\['small'\] are already there"):
        registry.call(
            "UpdateModelPackage", ModelPackageArn=arn, AdditionalInferenceSpecificationsToAdd=more
        )


def test_a_package_without_a_group_names_its_instance_types_and_is_not_updated(
    registry: Registry,
) -> None:
    with pytest.raises(ValidationException, match=r"Transform.* is required .*Realtime"):
        registry.call(
            "CreateModelPackage", ModelPackageName="less", InferenceSpecification=specification()
        )
    alone = registry.call(
        "CreateModelPackage", ModelPackageName="alone", InferenceSpecification=ALONE
    )["ModelPackageArn"]
    with pytest.raises(ValidationException, match="only versioned model packages"):
        registry.call("UpdateModelPackage", ModelPackageArn=alone, ModelApprovalStatus="Approved")


WRONG: dict[str, tuple[Mapping[str, Any], str]] = {
    "a group that is not there": (
        {"ModelPackageGroupName": "letters"},
        "model-package-group/letters does not exist",
    ),
    "a name and a group": (
        {"ModelPackageName": "x"},
        "Both ModelPackageName and ModelPackageGroupName are",
    ),
    "tags in a group": ({"Tags": [{"Key": "a", "Value": "b"}]}, "tags of its group"),
    "a container of nothing": (
        {"InferenceSpecification": {"Containers": [{"Environment": {}}]}},
        "Containers[0] names neither an Image nor model data",
    ),
    "model data that is not there": (
        {"InferenceSpecification": specification("s3://artifacts/gone.tar.gz")},
        "Could not find model data at s3://artifacts/gone.tar.gz",
    ),
    "a model card in words": (
        {"ModelCard": {"ModelCardContent": "words", "ModelCardStatus": "Draft"}},
        "ModelCardContent is not JSON",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_package_is_refused_and_uses_no_version(registry: Registry, case: str) -> None:
    request, fault = WRONG[case]
    with pytest.raises(ValidationException) as refused:
        registry.register(**request)
    assert fault in refused.value.message
    assert registry.told == []
    assert registry.register() == f"{ARN}/1"


def test_the_same_client_token_registers_one_package(registry: Registry) -> None:
    assert registry.register(ClientToken="t") == registry.register(ClientToken="t")
    with pytest.raises(ConflictException, match="other parameters"):
        registry.register(ClientToken="t", ModelPackageDescription="another")
    assert len(registry.told) == 1


def test_packages_are_listed_by_group_approval_and_order(registry: Registry) -> None:
    arns = [registry.register() for _ in range(3)]
    registry.call("UpdateModelPackage", ModelPackageArn=arns[1], ModelApprovalStatus="Approved")
    registry.register(ModelPackageGroupName=GROUP_ARN)
    alone = registry.call(
        "CreateModelPackage",
        ModelPackageName="alone",
        InferenceSpecification=ALONE,
    )["ModelPackageArn"]

    def listed(**filters: Any) -> list[str]:
        answer = registry.call("ListModelPackages", **filters)
        return [summary["ModelPackageArn"] for summary in answer["ModelPackageSummaryList"]]

    approved = listed(ModelPackageGroupName="digits", ModelApprovalStatus="Approved")
    assert approved == [arns[1]]
    newest = listed(
        ModelPackageGroupName="digits",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=1,
    )
    assert newest == [f"{ARN}/4"]
    assert listed() == [alone]
    assert len(listed(ModelPackageType="Both")) == 5
    assert listed(ModelPackageGroupName="digits", CreationTimeBefore=0) == []


def test_many_packages_are_described_at_once_and_missing_ones_are_named(
    registry: Registry,
) -> None:
    arn = registry.register()
    answer = registry.call("BatchDescribeModelPackage", ModelPackageArnList=[arn, f"{ARN}/9"])
    assert set(answer["ModelPackageSummaries"]) == {arn}
    assert (
        "does not exist"
        in (answer["BatchDescribeModelPackageErrorMap"][f"{ARN}/9"]["ErrorResponse"])
    )


def test_a_group_is_described_listed_and_deleted_once_it_is_empty(registry: Registry) -> None:
    described = registry.call("DescribeModelPackageGroup", ModelPackageGroupName=GROUP_ARN)
    assert described["ModelPackageGroupArn"] == GROUP_ARN
    listed = registry.call("ListModelPackageGroups", NameContains="digit")
    assert len(listed["ModelPackageGroupSummaryList"]) == 1
    arn = registry.register()
    with pytest.raises(ConflictException, match="contains 1 Model Packages"):
        registry.call("DeleteModelPackageGroup", ModelPackageGroupName="digits")
    registry.call("DeleteModelPackage", ModelPackageName=arn)
    registry.call("DeleteModelPackageGroup", ModelPackageGroupName="digits")
    with pytest.raises(ValidationException, match="digits does not exist"):
        registry.call("DescribeModelPackageGroup", ModelPackageGroupName="digits")


def test_a_group_of_another_account_is_not_the_one_of_that_name_here(registry: Registry) -> None:
    arn = GROUP_ARN.replace("000000000000", "111122223333")
    registry.register()
    listed = registry.call("ListModelPackages", ModelPackageGroupName=GROUP_ARN)
    assert len(listed["ModelPackageSummaryList"]) == 1
    listed = registry.call("ListModelPackages", ModelPackageGroupName=arn)
    assert listed["ModelPackageSummaryList"] == []
    with pytest.raises(ValidationException, match=f"{arn} does not exist"):
        registry.call("DeleteModelPackageGroup", ModelPackageGroupName=arn)
    assert registry.call("DescribeModelPackageGroup", ModelPackageGroupName=GROUP_ARN)


def test_a_group_name_is_taken_once(registry: Registry) -> None:
    with pytest.raises(ValidationException, match="already exists"):
        registry.call("CreateModelPackageGroup", ModelPackageGroupName="digits")


def test_the_policy_of_a_group_is_kept_until_it_is_deleted(registry: Registry) -> None:
    name = {"ModelPackageGroupName": "digits"}
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
        "Action": "sagemaker:DescribeModelPackageGroup",
        "Resource": GROUP_ARN,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    with pytest.raises(ValidationException, match=f"Cannot find resource policy for: {GROUP_ARN}"):
        registry.call("GetModelPackageGroupPolicy", **name)
    registry.call("PutModelPackageGroupPolicy", **name, ResourcePolicy=policy)
    answer = registry.call("GetModelPackageGroupPolicy", **name)
    assert answer == {"ResourcePolicy": policy}
    registry.call("DeleteModelPackageGroupPolicy", **name)
    with pytest.raises(ValidationException, match="Cannot find resource policy"):
        registry.call("DeleteModelPackageGroupPolicy", **name)


def test_a_policy_that_is_none_is_refused_with_all_its_faults(registry: Registry) -> None:
    with pytest.raises(ValidationException, match=r"Cannot find Model Package Group: .*letters"):
        registry.call(
            "PutModelPackageGroupPolicy", ModelPackageGroupName="letters", ResourcePolicy="{}"
        )
    for text, fault in (
        ("{", "is not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "no Statement"),
        ('{"Statement": {"Effect": "Maybe"}}', "lacks Action.*lacks Resource.*lacks Principal"),
        ('{"Statement": {"Effect": "Maybe"}}', "Effect must be one of Allow, Deny"),
    ):
        with pytest.raises(ValidationException, match=fault):
            registry.call(
                "PutModelPackageGroupPolicy", ModelPackageGroupName="digits", ResourcePolicy=text
            )
