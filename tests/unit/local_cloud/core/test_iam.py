"""Policies hold for every call: SageMaker's actions, and the roles that are passed."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import cfnlint
import pytest
from botocore.exceptions import ClientError

from local_cloud.sagemaker import dispatch, validation
from local_cloud.sagemaker.iam import passed_roles, resource_arns
from local_cloud.sagemaker.pipeline_callbacks import BY_TOKEN
from tests.local_cloud_fixture import RunningCloud

GROUPS = "arn:aws:sagemaker:us-east-1:000000000000:model-package-group"


def allow(*actions: str, on: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def denied(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDeniedException", error
    return str(error["Message"])


def test_a_role_may_do_what_its_policy_names_and_nothing_else(cloud: RunningCloud) -> None:
    actions = ["sagemaker:CreateModelPackageGroup", "sagemaker:DescribeModelPackageGroup"]
    role = cloud.role("one-group", [allow(*actions, on=f"{GROUPS}/mine")], trusts=[])
    sagemaker = cloud.client_as(role, "sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="mine")
    message = denied(sagemaker.create_model_package_group, ModelPackageGroupName="theirs")
    assert "sagemaker:CreateModelPackageGroup" in message
    assert f"{GROUPS}/theirs" in message
    denied(sagemaker.delete_model_package_group, ModelPackageGroupName="mine")


def pipeline(role: str) -> dict[str, Any]:
    definition = '{"Version": "2020-12-01", "Steps": []}'
    return {
        "PipelineName": "passing",
        "RoleArn": role,
        "PipelineDefinition": definition,
        "ClientRequestToken": "t" * 32,
    }


def test_a_role_that_may_not_be_passed_is_refused(cloud: RunningCloud) -> None:
    given = cloud.role("given", [], trusts=["sagemaker.amazonaws.com"])
    caller = cloud.role("no-pass", [allow("sagemaker:CreatePipeline")], trusts=[])
    message = denied(cloud.client_as(caller, "sagemaker").create_pipeline, **pipeline(given))
    assert "iam:PassRole" in message


def test_a_pass_to_another_service_does_not_count(cloud: RunningCloud) -> None:
    given = cloud.role("given-elsewhere", [], trusts=["sagemaker.amazonaws.com"])
    only_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    statements = [
        allow("sagemaker:CreatePipeline"),
        allow("iam:PassRole", on=given, Condition=only_lambda),
    ]
    caller = cloud.role("wrong-pass", statements, trusts=[])
    denied(cloud.client_as(caller, "sagemaker").create_pipeline, **pipeline(given))


def test_roles_that_a_request_passes_are_found_at_any_depth() -> None:
    request: dict[str, Any] = {
        "RoleArn": "a",
        "TrainingJobDefinitions": [{"RoleArn": "b"}, {"RoleArn": "a"}],
        "Model": {"ExecutionRoleArn": "c"},
        "Environment": {"RoleArn": "a word of the caller's"},
        "HyperParameters": {"RoleArn": "another"},
    }
    assert list(passed_roles(request)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("action", "request_", "resource"),
    [
        ("CreateTrainingJob", {"TrainingJobName": "j"}, "training-job/j"),
        ("StartPipelineExecution", {"PipelineName": "p"}, "pipeline/p"),
        ("ListPipelineExecutions", {"PipelineName": "p"}, "pipeline/p"),
        ("CreateModelPackage", {"ModelPackageGroupName": "g"}, "model-package/g/*"),
        ("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"}, "endpoint/e"),
        ("CreateTrial", {"TrialName": "T", "ExperimentName": "E"}, "experiment-trial/t"),
        ("ListTrainingJobs", {}, "*"),
        (
            "UpdatePipelineVersion",
            {"PipelineArn": "arn:aws:sagemaker:eu-west-9:111111111111:pipeline/PROD"},
            "pipeline/prod",
        ),
    ],
)
def test_an_action_is_authorised_on_the_resource_that_aws_documents(
    action: str, request_: dict[str, Any], resource: str
) -> None:
    assert next(resource_arns(action, request_, lambda rest: rest)) == resource


REFERENCE = Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json"
"""The service authorization reference, as cfn-lint carries it."""


@functools.cache
def reference() -> dict[str, Any]:
    """SageMaker's actions in small letters, each with its resource types."""
    actions = json.loads(REFERENCE.read_text())["sagemaker"]["Actions"]
    return {name.lower(): value for name, value in actions.items()}


@pytest.mark.parametrize("action", sorted(dispatch.ACTIONS.keys() - set(BY_TOKEN)))
def test_an_action_is_authorised_on_the_types_of_the_service_authorization_reference(
    action: str,
) -> None:
    types = reference()[action.lower()]
    shape = validation.operation(action).input_shape
    request: dict[str, Any] = {
        member: f"arn:{member}" if member.endswith("Arn") else "x" for member in shape.members
    }
    if "ModelPackageArnList" in request:
        request["ModelPackageArnList"] = ["arn:package"]
    given = {arn.split("/")[0] for arn in resource_arns(action, request, lambda rest: rest)}
    by_arn = {arn for arn in given if arn.startswith("arn:")}
    assert given == {"*"} if not types else by_arn or given <= set(types["Resources"])


@pytest.mark.parametrize("action", [action for action, _ in dispatch.INVOKERS.values()])
def test_an_invocation_is_an_action_of_the_service_authorization_reference(action: str) -> None:
    assert "endpoint" in reference()[action.lower()]["Resources"]


@pytest.mark.parametrize(
    "action", ["AssociateTrialComponent", "CreateTrial", "DisassociateTrialComponent"]
)
def test_a_request_without_its_names_is_left_to_its_validation(action: str) -> None:
    assert list(resource_arns(action, {}, lambda rest: rest)) == ["*"]


def test_an_update_of_an_endpoint_needs_its_configuration_too() -> None:
    request = {"EndpointName": "e", "EndpointConfigName": "c"}
    for action in ("CreateEndpoint", "UpdateEndpoint"):
        arns = list(resource_arns(action, request, lambda rest: rest))
        assert arns == ["endpoint/e", "endpoint-config/c"]


def test_a_condition_on_the_principal_means_the_role_and_not_its_session(
    cloud: RunningCloud,
) -> None:
    caller = cloud.role("caller", [allow("sts:AssumeRole")], trusts=[])
    other = cloud.role("other-caller", [allow("sts:AssumeRole")], trusts=[])
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": cloud.settings.account_id},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": caller}},
    }
    wanted = cloud.client("iam").create_role(
        RoleName="for-one-caller",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]

    given = cloud.client_as(caller, "sts").assume_role(RoleArn=wanted, RoleSessionName="test")

    assert given["Credentials"]["SessionToken"]
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        cloud.client_as(other, "sts").assume_role(RoleArn=wanted, RoleSessionName="test")
