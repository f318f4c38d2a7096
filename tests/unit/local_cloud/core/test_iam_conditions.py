"""What policies may ask of a request to SageMaker, and of the resource that it is about."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.sagemaker.iam_conditions import of_request
from tests.local_cloud_fixture import RunningCloud
from tests.unit.local_cloud.core.test_iam import allow, denied

CREATE_GROUP = "sagemaker:CreateModelPackageGroup"
ACCOUNT = "arn:aws:sagemaker:us-east-1:000000000000"


def condition_keys(action: str, request: dict[str, Any]) -> dict[str, Any]:
    return dict(of_request(action, request, lambda rest: f"arn:{rest}"))


def test_a_request_tells_its_instances_network_keys_and_limits() -> None:
    request = {
        "TrainingJobName": "j",
        "HyperParameters": {"InstanceType": "ml.p5.48xlarge"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "VolumeKmsKeyId": "volumes"},
        "OutputDataConfig": {"S3OutputPath": "s3://b/o", "KmsKeyId": "outputs"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "VpcConfig": {"Subnets": ["subnet-b", "subnet-a"], "SecurityGroupIds": ["sg-1"]},
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": False,
    }
    assert condition_keys("CreateTrainingJob", request) == {
        "sagemaker:InstanceTypes": "ml.m5.large",
        "sagemaker:VolumeKmsKey": "volumes",
        "sagemaker:OutputKmsKey": "outputs",
        "sagemaker:MaxRuntimeInSeconds": "60",
        "sagemaker:VpcSubnets": ["subnet-a", "subnet-b"],
        "sagemaker:VpcSecurityGroupIds": "sg-1",
        "sagemaker:NetworkIsolation": "true",
        "sagemaker:InterContainerTrafficEncryption": "false",
    }


def test_a_configuration_tells_its_models_and_its_key_is_that_of_volumes() -> None:
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    request = {
        "KmsKeyId": "key",
        "ProductionVariants": [{"ModelName": "m", "ServerlessConfig": serverless}],
    }
    assert condition_keys("CreateEndpointConfig", request) == {
        "sagemaker:VolumeKmsKey": "key",
        "sagemaker:ModelArn": "arn:model/m",
        "sagemaker:ServerlessMemorySize": "2048",
        "sagemaker:ServerlessMaxConcurrency": "5",
    }


def test_one_key_for_volumes_and_captured_data_is_told_as_both() -> None:
    request = {"KmsKeyId": "k", "DataCaptureConfig": {"KmsKeyId": "k"}}
    keys = condition_keys("CreateEndpointConfig", request)
    assert keys == {"sagemaker:VolumeKmsKey": "k", "sagemaker:OutputKmsKey": "k"}


def test_a_request_tells_the_tags_that_it_gives_or_takes_away() -> None:
    given = {"Tags": [{"Key": "team", "Value": "birds"}]}
    assert condition_keys("CreateModel", given) == {
        "aws:RequestTag/team": "birds",
        "aws:TagKeys": ["team"],
    }
    assert condition_keys("DeleteTags", {"TagKeys": ["team"]}) == {"aws:TagKeys": ["team"]}
    assert condition_keys("DescribeModel", {"ModelName": "m"}) == {}


def test_a_refusal_has_the_words_of_aws(cloud: RunningCloud) -> None:
    role = cloud.role("words", [allow(CREATE_GROUP, on="*", Effect="Deny")], trusts=[])
    sagemaker = cloud.client_as(role, "sagemaker")
    who = "User: arn:aws:sts::000000000000:assumed-role/words/test is not authorized to perform: "
    assert denied(sagemaker.delete_model, ModelName="m") == (
        f"{who}sagemaker:DeleteModel on resource: {ACCOUNT}:model/m because no identity-based "
        "policy allows the sagemaker:DeleteModel action"
    )
    message = denied(sagemaker.create_model_package_group, ModelPackageGroupName="g")
    assert message == (
        f"{who}{CREATE_GROUP} on resource: {ACCOUNT}:model-package-group/g with an explicit deny "
        "in an identity-based policy"
    )


def test_what_is_made_with_tags_needs_add_tags_too(cloud: RunningCloud) -> None:
    role = cloud.role("untagged", [allow(CREATE_GROUP)], trusts=[])
    sagemaker = cloud.client_as(role, "sagemaker")
    tags = [{"Key": "team", "Value": "birds"}]
    message = denied(
        sagemaker.create_model_package_group, ModelPackageGroupName="with-tags", Tags=tags
    )
    assert f"sagemaker:AddTags on resource: {ACCOUNT}:model-package-group/with-tags" in message
    sagemaker.create_model_package_group(ModelPackageGroupName="without-tags")


def test_tags_may_be_allowed_on_what_is_made_only(cloud: RunningCloud) -> None:
    made_with = {"StringEquals": {"sagemaker:TaggingAction": "CreateModelPackageGroup"}}
    statements = [
        allow("sagemaker:CreateModelPackageGroup"),
        allow("sagemaker:AddTags", Condition=made_with),
    ]
    sagemaker = cloud.client_as(cloud.role("tags-at-birth", statements, trusts=[]), "sagemaker")
    tags = [{"Key": "team", "Value": "birds"}]
    arn = sagemaker.create_model_package_group(ModelPackageGroupName="born-tagged", Tags=tags)
    denied(sagemaker.add_tags, ResourceArn=arn["ModelPackageGroupArn"], Tags=tags)


def test_a_training_job_tells_how_long_its_warm_pool_stays() -> None:
    resources = {"InstanceType": "ml.m5.large", "KeepAlivePeriodInSeconds": 600}
    keys = condition_keys("CreateTrainingJob", {"ResourceConfig": resources})
    assert keys["sagemaker:KeepAlivePeriod"] == "600"


def test_a_team_makes_and_reads_what_has_its_tag_only(cloud: RunningCloud) -> None:
    own = {"StringEquals": {"aws:RequestTag/team": "birds"}}
    make = allow(CREATE_GROUP, "sagemaker:AddTags", Condition=own)
    theirs = {"StringEquals": {"sagemaker:ResourceTag/team": "birds"}}
    read = allow("sagemaker:DescribeModelPackageGroup", Condition=theirs)
    sagemaker = cloud.client_as(cloud.role("birds-team", [make, read], trusts=[]), "sagemaker")
    root = cloud.client("sagemaker")
    for name, team in (("of-birds", "birds"), ("of-fish", "fish")):
        request = {
            "ModelPackageGroupName": f"{name}-made",
            "Tags": [{"Key": "team", "Value": team}],
        }
        if team == "birds":
            sagemaker.create_model_package_group(**request)
        else:
            denied(sagemaker.create_model_package_group, **request)
            root.create_model_package_group(**request)
    denied(sagemaker.create_model_package_group, ModelPackageGroupName="of-nobody")
    sagemaker.describe_model_package_group(ModelPackageGroupName="of-birds-made")
    denied(sagemaker.describe_model_package_group, ModelPackageGroupName="of-fish-made")


def test_a_policy_may_name_the_instance_types(cloud: RunningCloud) -> None:
    small = {"ForAllValues:StringLike": {"sagemaker:InstanceTypes": ["ml.m5.*"]}}
    create = allow("sagemaker:CreateEndpointConfig", Condition=small)
    sagemaker = cloud.client_as(cloud.role("small-ones", [create], trusts=[]), "sagemaker")
    variant = {"VariantName": "v", "ModelName": "no-such-model", "InitialInstanceCount": 1}
    large = {**variant, "InstanceType": "ml.p5.48xlarge"}
    denied(sagemaker.create_endpoint_config, EndpointConfigName="large", ProductionVariants=[large])
    allowed = {**variant, "InstanceType": "ml.m5.large"}
    with pytest.raises(ClientError, match="Could not find model"):
        sagemaker.create_endpoint_config(EndpointConfigName="s", ProductionVariants=[allowed])
