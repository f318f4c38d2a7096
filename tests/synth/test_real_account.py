"""What only a real account enforces: keys, quotas, times, sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from infra.constructs.deployment_parts import (
    MAX_LOOKS,
    MAX_TURN_SECONDS,
    TIMEOUT_SECONDS,
    DeploymentTimes,
)
from infra.settings import load_settings
from lambdas.shared.clients import client
from tests.synth.templates import ENVIRONMENTS, EVERY_ENVIRONMENT, ROOT, resources, stacks
from tests.synth.test_policies import listed, of_type

# Step Functions quotas: events in the history of one execution.
MOST_EVENTS = 25_000
# A task, a choice and a wait: entered, scheduled, started, succeeded, exited; twice two.
EVENTS_A_LOOK = 9
# CloudFormation quotas: resources in a stack.
MOST_RESOURCES = 500
# As docs/operations.md says, "Limits".
WORKLOADS_IN_AN_ENVIRONMENT = 11
# Lambda quotas: functions that a new account runs at once.
NEW_ACCOUNT_CONCURRENCY = 10

# SageMaker developer guide, "How to use SageMaker AI execution roles": of CreateModel, and of
# CreateProcessingJob, CreateTrainingJob and CreateHyperParameterTuningJob with encrypted inputs,
# outputs and volumes.
OF_MODELS = {
    "cloudwatch:PutMetricData",
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
    "kms:Decrypt",
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
    "s3:GetObject",
    "s3:ListBucket",
}
OF_JOBS = {*OF_MODELS, "kms:CreateGrant", "kms:Encrypt", "kms:GenerateDataKey", "s3:PutObject"}

Statements = list[dict[str, Any]]


def workloads(environment: str) -> int:
    """How many workloads an environment has."""
    return len(load_settings(ROOT / "config", environment).workloads)


def statements_by_role(environment: str) -> Mapping[str, Statements]:
    found: dict[str, Statements] = {}
    for stack, template in stacks(environment).items():
        for policy in resources(template, "AWS::IAM::Policy").values():
            for role in policy["Properties"]["Roles"]:
                found.setdefault(f"{stack}/{role['Ref']}", []).extend(
                    policy["Properties"]["PolicyDocument"]["Statement"]
                )
    return found


def actions(statements: Statements) -> set[str]:
    return {action for each in statements for action in listed(each["Action"])}


@pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)
def test_roles_of_jobs_and_models_have_what_sagemaker_asks_for(environment: str) -> None:
    found = {"Jobs": 0, "Model": 0}
    for role, statements in statements_by_role(environment).items():
        for stack, part, needed in (
            ("-training/", "JobsRole", OF_JOBS),
            ("-deployment/", "ModelRole", OF_MODELS),
        ):
            if stack in role and part in role:
                found[part.removesuffix("Role")] += 1
                assert needed - actions(statements) == set(), role
    assert all(found.values())


@pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)
def test_who_makes_endpoints_may_let_sagemaker_use_the_key_of_their_volumes(
    environment: str,
) -> None:
    found = 0
    for role, statements in statements_by_role(environment).items():
        if {"sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"} & actions(statements):
            found += 1
            assert {"kms:CreateGrant", "kms:DescribeKey"} <= actions(statements), role
    # The state machine, and the function that goes back to what served before.
    assert found >= 2


@pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)
def test_a_grant_is_given_to_services_only_and_nothing_else_hangs_on_that(
    environment: str,
) -> None:
    for role, statements in statements_by_role(environment).items():
        for statement in statements:
            for_a_resource = "kms:GrantIsForAWSResource" in str(statement.get("Condition"))
            # The condition's key is there for CreateGrant alone: it would deny other actions.
            assert for_a_resource == (listed(statement["Action"]) == ["kms:CreateGrant"]), role


@pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)
def test_who_uses_the_encrypted_table_may_use_its_key_through_dynamodb(environment: str) -> None:
    found = 0
    for role, statements in statements_by_role(environment).items():
        if any(action.startswith("dynamodb:") for action in actions(statements)):
            found += 1
            (of_table,) = [each for each in statements if each.get("Sid") == "UseKeyOfTable"]
            assert {"kms:Encrypt", "kms:Decrypt"} <= set(listed(of_table["Action"])), role
            (service,) = of_table["Condition"]["StringEquals"].values()
            assert service.startswith("dynamodb."), role
    assert found == 4


@pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)
def test_who_publishes_may_encrypt_messages(environment: str) -> None:
    found = 0
    for role, statements in statements_by_role(environment).items():
        if "sns:Publish" in actions(statements):
            found += 1
            unconditional = [each for each in statements if "Condition" not in each]
            assert {"kms:Decrypt", "kms:GenerateDataKey"} <= actions(unconditional), role
    assert found >= 3


@pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)
def test_an_upload_leaves_room_for_the_other_functions_of_a_new_account(environment: str) -> None:
    most = [
        mapping["ScalingConfig"]["MaximumConcurrency"]
        for _, mapping in of_type(environment, "AWS::Lambda::EventSourceMapping")
    ]
    assert max(most) <= NEW_ACCOUNT_CONCURRENCY // 2
    # Uploads to be trained on and to be answered at once.
    assert sum(most) < NEW_ACCOUNT_CONCURRENCY


@pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)
def test_a_queue_keeps_a_batch_until_its_function_has_surely_ended(environment: str) -> None:
    for template in stacks(environment).values():
        for mapping in resources(template, "AWS::Lambda::EventSourceMapping").values():
            properties = mapping["Properties"]
            queue = template["Resources"][properties["EventSourceArn"]["Fn::GetAtt"][0]]
            function = template["Resources"][properties["FunctionName"]["Ref"]]
            window = properties["MaximumBatchingWindowInSeconds"]
            # Lambda refuses batches of more than ten without a window.
            assert properties["BatchSize"] <= 10 or window >= 1
            assert queue["Properties"]["VisibilityTimeout"] >= (
                6 * function["Properties"]["Timeout"] + window
            )
            assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_cloudformation_waits_longer_than_the_function_that_answers_it_may_take() -> None:
    found = 0
    for template in stacks("dev").values():
        for logical_id, resource in template["Resources"].items():
            if resource["Type"].startswith("Custom::"):
                found += 1
                properties = resource["Properties"]
                function = template["Resources"][properties["ServiceToken"]["Fn::GetAtt"][0]]
                timeout = function["Properties"]["Timeout"]
                assert timeout + 120 <= int(properties["ServiceTimeout"]) <= 3600, logical_id
    # The buckets', two a workload, one an image of one's own, and one a workload in mode batch.
    settings = load_settings(ROOT / "config", "dev")
    assert found == 1 + sum(
        2 + bool(workload.image) + bool(workload.serving.batch) for workload in settings.workloads
    )


@pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)
def test_a_call_that_hangs_leaves_a_function_time_for_another(environment: str) -> None:
    configuration = client("sts").meta.config
    for logical_id, function in of_type(environment, "AWS::Lambda::Function"):
        assert configuration.read_timeout + configuration.connect_timeout < function["Timeout"], (
            logical_id
        )


@pytest.mark.parametrize("poll_seconds", [1, 15, 600])
@pytest.mark.parametrize("timeout_minutes", [1, 60, 240])
def test_a_deployment_ends_before_its_history_is_full(
    poll_seconds: int, timeout_minutes: int
) -> None:
    times = DeploymentTimes(
        poll_seconds=poll_seconds, timeout_seconds=timeout_minutes * 60, bake_seconds=0
    )
    turns, waited, pause = 0, 0, times.pause_seconds
    while waited < TIMEOUT_SECONDS:
        turns, waited = turns + 1, waited + pause
        # As the state WaitForTurn says.
        pause = min(MAX_TURN_SECONDS, -(-pause * 12 // 10))
    # The endpoint is busy, is waited for, and is waited for again when it is rolled back.
    loops = 3 * times.looks + 2 * EVENTS_A_LOOK * times.looks + EVENTS_A_LOOK * turns

    assert times.looks <= MAX_LOOKS
    assert times.looks * times.pause_seconds > times.timeout_seconds - times.pause_seconds
    assert loops + 200 < MOST_EVENTS


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_stacks_have_room_for_as_many_workloads_as_the_documentation_says(environment: str) -> None:
    names = load_settings(ROOT / "config", environment).environment.workloads
    beginnings = tuple(name.replace("-", "") for name in names)
    for stack, template in stacks(environment).items():
        if stack.endswith(("-training", "-deployment")):
            # Some of what they hold is shared among all workloads.
            of_workloads = [each for each in template["Resources"] if each.startswith(beginnings)]
            shared = len(template["Resources"]) - len(of_workloads)
            for_one = len(of_workloads) / len(names)
            assert shared + for_one * WORKLOADS_IN_AN_ENVIRONMENT <= MOST_RESOURCES, stack
