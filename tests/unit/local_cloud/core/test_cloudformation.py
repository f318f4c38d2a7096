from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from tests.local_cloud_fixture import RunningCloud

STEP = {"Name": "End", "Type": "Fail", "Arguments": {"ErrorMessage": "-"}}
DEFINITION = {"Version": "2020-12-01", "Steps": [STEP]}


GROUP_PARTS = {"Fn::Split": ["/", {"Ref": "Group"}]}


def template(role: str, approval: str = "PendingManualApproval", **pipeline: Any) -> str:
    return json.dumps(
        {
            "Resources": {
                "Group": {
                    "Type": "AWS::SageMaker::ModelPackageGroup",
                    "Properties": {"ModelPackageGroupName": "from-template"},
                },
                "Version": {
                    "Type": "AWS::SageMaker::ModelPackage",
                    "Properties": {
                        "ModelPackageGroupName": {"Fn::Select": [1, GROUP_PARTS]},
                        "SourceUri": "s3://models/birds.tar.gz",
                        "ModelApprovalStatus": approval,
                    },
                },
                "Pipeline": {
                    "Type": "AWS::SageMaker::Pipeline",
                    "Properties": {
                        "PipelineName": "from-template",
                        "RoleArn": role,
                        "PipelineDefinition": {"PipelineDefinitionBody": json.dumps(DEFINITION)},
                        **pipeline,
                    },
                },
            },
            "Outputs": {
                "Pipeline": {"Value": {"Ref": "Pipeline"}},
                "Group": {"Value": {"Fn::GetAtt": ["Group", "ModelPackageGroupArn"]}},
                "Version": {"Value": {"Ref": "Version"}},
            },
        }
    )


def test_a_template_makes_changes_and_removes_a_pipeline_and_a_group(cloud: RunningCloud) -> None:
    role = cloud.role("templated", [], trusts=["sagemaker.amazonaws.com"])
    cloudformation, sagemaker = cloud.client("cloudformation"), cloud.client("sagemaker")
    cloudformation.create_stack(StackName="types", TemplateBody=template(role))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="types", WaiterConfig={"Delay": 1}
    )
    (stack,) = cloudformation.describe_stacks(StackName="types")["Stacks"]
    outputs = {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}
    group = sagemaker.describe_model_package_group(ModelPackageGroupName="from-template")
    (version,) = sagemaker.list_model_packages(ModelPackageGroupName="from-template")[
        "ModelPackageSummaryList"
    ]
    assert outputs == {
        "Pipeline": "from-template",
        "Group": group["ModelPackageGroupArn"],
        "Version": version["ModelPackageArn"],
    }

    tags = [{"Key": "stage", "Value": "new"}]
    changed = template(role, "Approved", PipelineDescription="changed", Tags=tags)
    cloudformation.update_stack(StackName="types", TemplateBody=changed)
    cloudformation.get_waiter("stack_update_complete").wait(
        StackName="types", WaiterConfig={"Delay": 1}
    )
    described = sagemaker.describe_pipeline(PipelineName="from-template")
    assert described["PipelineDescription"] == "changed"
    assert sagemaker.list_tags(ResourceArn=described["PipelineArn"])["Tags"] == tags
    approved = sagemaker.describe_model_package(ModelPackageName=outputs["Version"])
    assert approved["ModelApprovalStatus"] == "Approved"

    cloudformation.delete_stack(StackName="types")
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName="types", WaiterConfig={"Delay": 1}
    )
    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        sagemaker.describe_pipeline(PipelineName="from-template")
    groups = sagemaker.list_model_package_groups(NameContains="from-template")
    assert groups["ModelPackageGroupSummaryList"] == []


def test_what_a_template_retains_stays_when_it_is_replaced_and_when_its_stack_goes(
    cloud: RunningCloud,
) -> None:
    cloudformation, sagemaker = cloud.client("cloudformation"), cloud.client("sagemaker")

    def setup(name: str) -> str:
        properties = {"NotebookInstanceLifecycleConfigName": name}
        resource = {
            "Type": "AWS::SageMaker::NotebookInstanceLifecycleConfig",
            "Properties": properties,
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
        }
        return json.dumps({"Resources": {"Setup": resource}})

    def there() -> set[str]:
        found = sagemaker.list_notebook_instance_lifecycle_configs(NameContains="retained-")
        configs = found["NotebookInstanceLifecycleConfigs"]
        return {one["NotebookInstanceLifecycleConfigName"] for one in configs}

    waiting = {"Delay": 1}
    cloudformation.create_stack(StackName="retaining", TemplateBody=setup("retained-1"))
    created = cloudformation.get_waiter("stack_create_complete")
    created.wait(StackName="retaining", WaiterConfig=waiting)
    cloudformation.update_stack(StackName="retaining", TemplateBody=setup("retained-2"))
    updated = cloudformation.get_waiter("stack_update_complete")
    updated.wait(StackName="retaining", WaiterConfig=waiting)
    assert there() == {"retained-1", "retained-2"}
    cloudformation.delete_stack(StackName="retaining")
    deleted = cloudformation.get_waiter("stack_delete_complete")
    deleted.wait(StackName="retaining", WaiterConfig=waiting)
    assert there() == {"retained-1", "retained-2"}


def test_a_pipeline_of_that_name_that_is_there_already_fails_a_stack_and_stays(
    cloud: RunningCloud,
) -> None:
    role = cloud.role("twice", [], trusts=["sagemaker.amazonaws.com"])
    cloudformation, sagemaker = cloud.client("cloudformation"), cloud.client("sagemaker")
    resources = json.loads(template(role, PipelineName="twice"))["Resources"]
    one = json.dumps({"Resources": {"Pipeline": resources["Pipeline"]}})
    waiting = {"Delay": 1}
    cloudformation.create_stack(StackName="first", TemplateBody=one)
    cloudformation.get_waiter("stack_create_complete").wait(StackName="first", WaiterConfig=waiting)
    cloudformation.create_stack(StackName="second", TemplateBody=one)
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName="second", WaiterConfig=waiting
        )
    sagemaker.describe_pipeline(PipelineName="twice")
