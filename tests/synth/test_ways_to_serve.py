"""What stands behind each way to serve, in the tests' own environment that has them all."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from contracts.serving import Serving
from tests.synth.templates import WAYS, Template, resources, stacks, state_machines
from tests.synth.test_policies import listed

WORKLOADS = ("scaled", "serverless", "queued", "batched", "shadowed", "split")


@cache
def deployment() -> Template:
    return stacks(WAYS)["Rookery-ways-deployment"]


def of(workload: str, resource_type: str) -> dict[str, dict[str, Any]]:
    """A workload's resources of one type, by logical id."""
    return {
        logical_id: resource["Properties"]
        for logical_id, resource in resources(deployment(), resource_type).items()
        if logical_id.startswith(workload)
    }


def statements(workload: str, part: str) -> dict[str, dict[str, Any]]:
    """The statements of the role whose logical id has `part`, by Sid."""
    return {
        statement["Sid"]: statement
        for logical_id, policy in of(workload, "AWS::IAM::Policy").items()
        if logical_id.startswith(f"{workload}{part}")
        for statement in policy["PolicyDocument"]["Statement"]
        if "Sid" in statement
    }


@pytest.mark.parametrize("workload", ["scaled", "serverless", "queued", "shadowed", "split"])
def test_the_functions_are_told_how_the_model_serves(workload: str) -> None:
    (plan,) = [
        function["Environment"]["Variables"]
        for function in of(workload, "AWS::Lambda::Function").values()
        if function["Handler"].endswith(".plan")
    ]

    serving = Serving.parse(plan["SERVING"])

    modes = {"serverless": "serverless", "queued": "async"}
    assert serving.mode == modes.get(workload, "realtime")
    assert bool(plan["SUCCESS_TOPIC_ARN"]) == (workload == "queued")
    # Lambda takes 4 KB of them in all.
    assert len(json.dumps(plan)) < 3_500


@pytest.mark.parametrize("workload", WORKLOADS)
def test_only_what_is_scaled_has_a_function_for_it(workload: str) -> None:
    handlers = {each["Handler"] for each in of(workload, "AWS::Lambda::Function").values()}
    stopping = of(workload, "Custom::StopScaling")

    scaled = workload in ("scaled", "queued")
    assert ("lambdas.deployment.handler.scale" in handlers) == scaled
    assert bool(stopping) == scaled


def test_scaling_is_allowed_for_sagemaker_alone() -> None:
    allowed = statements("scaled", "Scaling")

    condition = allowed["ScaleVariants"]["Condition"]["StringEquals"]
    assert condition == {"application-autoscaling:service-namespace": "sagemaker"}
    role = allowed["LetScalingAct"]["Condition"]["StringEquals"]
    assert role == {"iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"}


def test_a_deployment_of_what_is_scaled_keeps_its_scaling_up_to_date() -> None:
    scaled = state_machines(WAYS)["rookery-ways-scaled-deployment"]["States"]
    others = state_machines(WAYS)["rookery-ways-split-deployment"]["States"]

    added = {"MakeRoom", "Scale", "ScaleAgain", "StopScaling"}
    assert scaled.keys() - others.keys() == added
    assert all(scaled[name]["Type"] == "Task" for name in added)


def test_an_endpoint_is_asked_as_its_mode_asks_for() -> None:
    for workload, action in (
        ("queued", "sagemaker:InvokeEndpointAsync"),
        ("serverless", "sagemaker:InvokeEndpoint"),
    ):
        asked = statements(workload, "FunctionsSmokeTest")["AskEndpoint"]
        assert listed(asked["Action"]) == [action]


def test_schedules_pause_and_resume_the_endpoint_by_executions_of_that_name() -> None:
    schedules = of("scaled", "AWS::Scheduler::Schedule").values()

    assert {each["ScheduleExpression"] for each in schedules} == {
        "cron(0 6 ? * MON-FRI *)",
        "cron(0 22 ? * MON-FRI *)",
    }
    for schedule in schedules:
        assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
        # Its executions' names are ours to give: others count as approvals.
        assert schedule["Target"]["Arn"] == "arn:aws:scheduler:::aws-sdk:sfn:startExecution"
        separator, parts = schedule["Target"]["Input"]["Fn::Join"]
        told = json.loads(separator.join(p if isinstance(p, str) else "arn" for p in parts))
        action = json.loads(told["Input"])["action"]
        assert told["Name"] == f"{action}-<aws.scheduler.execution-id>"
        assert schedule["Name"] == f"rookery-ways-scaled-{action}"
    assert of("queued", "AWS::Scheduler::Schedule") == {}


@pytest.mark.parametrize(
    ("workload", "written"),
    [
        ("scaled", {"scaled/captured/*"}),
        ("shadowed", {"shadowed/captured/*"}),
        ("queued", {"queued/async/*"}),
        ("serverless", set()),
        ("split", set()),
    ],
)
def test_a_model_writes_what_is_captured_and_answered_and_nothing_else(
    workload: str, written: set[str]
) -> None:
    allowed = statements(workload, "Model")

    resources_ = listed(allowed.get("WriteAnswers", {}).get("Resource", []))
    assert {each["Fn::Join"][1][-1].removeprefix("/") for each in resources_} == written
    assert ("kms:GenerateDataKey" in listed(allowed["UseKey"]["Action"])) == bool(written)


def test_a_model_in_a_network_joins_exactly_its_subnets() -> None:
    allowed = statements("scaled", "Model")

    joined = [str(each) for each in listed(allowed["JoinNetwork"]["Resource"])]
    assert sum("subnet/subnet-" in each for each in joined) == 2
    assert sum("security-group/sg-" in each for each in joined) == 1
    assert len(allowed["UseInterfaces"]["Condition"]["ArnEquals"]["ec2:Subnet"]) == 2
    assert "JoinNetwork" not in statements("queued", "Model")


def test_answers_are_told_on_encrypted_topics_that_the_model_may_publish_to() -> None:
    topics = of("queued", "AWS::SNS::Topic")

    assert len(topics) == 2
    assert all("KmsMasterKeyId" in topic for topic in topics.values())
    told = listed(statements("queued", "Model")["TellOfAnswers"]["Resource"])
    assert {each["Ref"] for each in told} == set(topics)
    assert of("scaled", "AWS::SNS::Topic") == {}
    outputs = deployment()["Outputs"]
    arns = {outputs[f"{kind}TopicArnQueued"]["Value"]["Ref"] for kind in ("Answers", "Failures")}
    assert arns == set(topics)
