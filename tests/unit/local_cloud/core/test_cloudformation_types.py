"""SageMaker's resource types against CloudFormation's own schemas, as cfn-lint carries them."""

from __future__ import annotations

from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.template_values import typed
from local_cloud.sagemaker import validation
from local_cloud.sagemaker.cloudformation import TYPES, resource_types
from local_cloud.sagemaker.cloudformation.errors import ProvisioningError, told
from local_cloud.sagemaker.cloudformation.model_package import ModelPackageResource
from local_cloud.sagemaker.cloudformation.model_package_group import ModelPackageGroupResource
from local_cloud.sagemaker.cloudformation.resource import Resource

ARN = "arn:aws:sagemaker:us-east-1:000000000000:model-package-group/birds"
ANSWERED = {
    "CreationTime": 0,
    "ModelPackageGroupArn": ARN,
    "ModelPackageGroupName": "birds",
    "ModelPackageGroupStatus": "Completed",
    "ModelPackageStatus": "Completed",
    "LastModifiedTime": 0,
}


def schema(kind: type[Resource]) -> dict[str, Any]:
    name = f"AWS::SageMaker::{kind.noun}"
    found: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", name).schema
    return found


def names(pointers: list[str]) -> set[str]:
    return {pointer.split("/")[2] for pointer in pointers}


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.noun)
def test_what_cloudformation_replaces_is_replaced(kind: type[Resource]) -> None:
    assert names(schema(kind)["createOnlyProperties"]) == set(kind.replacing)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.noun)
def test_every_property_of_a_type_is_known(kind: type[Resource]) -> None:
    found = schema(kind)
    settable = set(found["properties"]) - names(found.get("readOnlyProperties") or [])
    shape: Any = validation.operation(f"Create{kind.noun}").input_shape
    assert settable <= {*shape.members, *kind.properties}


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.noun)
def test_every_attribute_that_the_schema_lists_can_be_read(kind: type[Resource]) -> None:
    def call(action: str, request: Any) -> dict[str, Any]:
        return {**ANSWERED, f"{kind.noun}Arn": ARN}

    physical_id, attributes = kind(call).provisioned("birds", ARN)
    found = schema(kind)
    assert names(found.get("readOnlyProperties") or []) <= attributes.keys()
    (identifier,) = names(found["primaryIdentifier"])
    assert attributes[identifier] == physical_id


def update(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, Any]]:
    """The actions that change something, of an update of a group."""
    calls: list[tuple[str, Any]] = []

    def call(action: str, request: Any) -> dict[str, Any]:
        if not action.startswith("Describe"):
            calls.append((action, request))
        return ANSWERED

    name = {"ModelPackageGroupName": "birds"}
    ModelPackageGroupResource(call).update(ARN, {**name, **old}, {**name, **new}, "stack")
    return calls


def test_tags_that_left_the_template_leave_the_group() -> None:
    old = {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}]}
    new = {"Tags": [{"Key": "b", "Value": "2"}]}
    assert update(old, new) == [
        ("DeleteTags", {"ResourceArn": ARN, "TagKeys": ["a"]}),
        ("AddTags", {"ResourceArn": ARN, "Tags": new["Tags"]}),
    ]
    assert update(new, {}) == [("DeleteTags", {"ResourceArn": ARN, "TagKeys": ["b"]})]
    assert update(new, new) == []


def test_cloudformations_own_tags_are_left_out() -> None:
    own = {"Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "birds"}]}
    assert update({}, own) == []


def test_the_policy_of_a_group_follows_its_template() -> None:
    name = {"ModelPackageGroupName": "birds"}
    policy = {"ModelPackageGroupPolicy": {"Version": "2012-10-17", "Statement": []}}
    written = {**name, "ResourcePolicy": '{"Version": "2012-10-17", "Statement": []}'}
    assert update({}, policy) == [("PutModelPackageGroupPolicy", written)]
    assert update(policy, policy) == []
    assert update(policy, {}) == [("DeleteModelPackageGroupPolicy", name)]


def test_a_version_is_approved_in_place_and_its_metadata_follows_the_template() -> None:
    calls: list[tuple[str, Any]] = []

    def call(action: str, request: Any) -> dict[str, Any]:
        if not action.startswith("Describe"):
            calls.append((action, request))
        return {**ANSWERED, "ModelPackageArn": f"{ARN}/1"}

    resource = ModelPackageResource(call)
    first = {
        "ModelPackageGroupName": "birds",
        "SourceUri": "s3://b/m",
        "ApprovalDescription": "not yet",
        "CustomerMetadataProperties": {"a": 1, "b": "2"},
    }
    arn, attributes = resource.create("Version", first, "stack")
    assert (arn, attributes["ModelPackageStatus"]) == (f"{ARN}/1", "Completed")
    second = {
        **first,
        "ModelApprovalStatus": "Approved",
        "CustomerMetadataProperties": {"b": "2"},
    }
    resource.update(arn, first, second, "stack")
    resource.delete(arn, second)
    made = {"ModelPackageGroupName": "birds", "SourceUri": "s3://b/m"}
    changed = {"ModelApprovalStatus": "Approved", "CustomerMetadataProperties": {"b": "2"}}
    assert calls == [
        ("CreateModelPackage", {**made, "CustomerMetadataProperties": {"a": "1", "b": "2"}}),
        ("UpdateModelPackage", {"ModelPackageArn": arn, "ApprovalDescription": "not yet"}),
        (
            "UpdateModelPackage",
            {"ModelPackageArn": arn, **changed, "CustomerMetadataPropertiesToRemove": ["a"]},
        ),
        ("DeleteModelPackage", {"ModelPackageName": arn}),
    ]
    with pytest.raises(ProvisioningError, match="CertifyForMarketplace of arn"):
        resource.update(arn, second, {**second, "CertifyForMarketplace": True}, "stack")


def test_values_of_templates_take_the_types_of_the_api() -> None:
    shape = validation.operation("CreateEndpointConfig").input_shape
    given = {
        "EnableNetworkIsolation": "true",
        "ProductionVariants": [{"InitialInstanceCount": "2", "InitialVariantWeight": "0.5"}],
        "AsyncInferenceConfig": {"OutputConfig": {"KmsKeyId": 7}},
    }
    assert typed(shape, given) == {
        "EnableNetworkIsolation": True,
        "ProductionVariants": [{"InitialInstanceCount": 2, "InitialVariantWeight": 0.5}],
        "AsyncInferenceConfig": {"OutputConfig": {"KmsKeyId": "7"}},
    }


def test_a_value_that_is_no_number_is_left_for_the_api_to_name() -> None:
    shape = validation.operation("CreateEndpointConfig").input_shape
    given = {"ProductionVariants": [{"InitialInstanceCount": "many"}]}
    assert typed(shape, given) == given


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("1 validation error detected", "InvalidRequest"),
        ('Cannot create already existing model "m".', "AlreadyExists"),
    ],
)
def test_what_the_api_refuses_is_told_as_cloudformation_tells_it(message: str, code: str) -> None:
    def refuse() -> None:
        raise ValidationException(message)

    with pytest.raises(ProvisioningError) as caught:
        told(refuse)()
    assert str(caught.value) == (
        f'Resource handler returned message: "{message} (Service: SageMaker, Status Code: 400)" '
        f"(HandlerErrorCode: {code})"
    )


def test_every_type_can_be_told_of_to_cloudformation() -> None:
    handlers = resource_types(lambda action, request: {})
    assert all(one.waits and one.name for one in handlers.values())
    assert {f"AWS::SageMaker::{kind.noun}" for kind in TYPES} == set(handlers)
