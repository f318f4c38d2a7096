"""Whatever stops a model on its way reaches the alert topic, in every environment."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from fnmatch import fnmatchcase
from typing import Any

import pytest

from contracts import names
from infra.settings import load_settings
from tests.synth.templates import ENVIRONMENTS, ROOT, Template, resources, stacks

pytestmark = pytest.mark.parametrize("environment", ENVIRONMENTS)

ENDINGS = {"ExecutionsTimedOut", "ExecutionsAborted", "ExecutionsFailed"}
# Ids are at most 12 letters and digits (DescribePipelineExecution); any will do here.
EXECUTION_ID = "p4jn9xou8a8s"


def training(environment: str) -> Template:
    return stacks(environment)[names.stack_name(environment, "training")]


def workloads(environment: str) -> tuple[str, ...]:
    return load_settings(ROOT / "config", environment).environment.workloads


def rule(environment: str, name: str) -> dict[str, Any]:
    rules = resources(training(environment), "AWS::Events::Rule").values()
    (found,) = [
        each["Properties"]
        for each in rules
        if each["Properties"]["Name"] == f"{names.prefix(environment)}-notices-{name}"
    ]
    properties: dict[str, Any] = found
    return properties


def notify_function(environment: str) -> tuple[str, dict[str, Any]]:
    functions = resources(training(environment), "AWS::Lambda::Function")
    (found,) = [
        (logical_id, each["Properties"])
        for logical_id, each in functions.items()
        if each["Properties"]["Handler"] == "lambdas.training.handler.notify"
    ]
    return found


def statements(environment: str) -> dict[str, dict[str, Any]]:
    """What the function's role may do, by `Sid`."""
    _, function = notify_function(environment)
    role = function["Role"]["Fn::GetAtt"][0]
    (policy,) = [
        each["Properties"]
        for each in resources(training(environment), "AWS::IAM::Policy").values()
        if each["Properties"]["Roles"] == [{"Ref": role}]
    ]
    return {
        statement["Sid"]: statement
        for statement in policy["PolicyDocument"]["Statement"]
        if "Sid" in statement
    }


def test_runs_of_every_workload_that_fail_or_are_stopped_reach_the_function(
    environment: str,
) -> None:
    failed = rule(environment, "failed-runs")
    detail = failed["EventPattern"]["detail"]
    pipelines = {arn.rsplit("/", 1)[-1] for arn in detail["pipelineArn"]}

    assert failed["State"] == "ENABLED"
    assert detail["currentPipelineExecutionStatus"] == ["Failed", "Stopped"]
    assert pipelines == {
        names.pipeline_name(environment, workload) for workload in workloads(environment)
    }
    assert [target["Arn"]["Fn::GetAtt"][0] for target in failed["Targets"]] == [
        notify_function(environment)[0]
    ]


def test_models_of_every_workload_that_wait_reach_the_function(environment: str) -> None:
    waiting = rule(environment, "waiting-models")
    detail = waiting["EventPattern"]["detail"]

    assert waiting["State"] == "ENABLED"
    assert detail["ModelApprovalStatus"] == ["PendingManualApproval"]
    assert set(detail["ModelPackageGroupName"]) == {
        names.model_package_group_name(environment, workload) for workload in workloads(environment)
    }
    assert [target["Arn"]["Fn::GetAtt"][0] for target in waiting["Targets"]] == [
        notify_function(environment)[0]
    ]


def test_an_event_that_the_function_fails_on_is_kept(environment: str) -> None:
    logical_id, _ = notify_function(environment)
    (config,) = [
        each["Properties"]
        for each in resources(training(environment), "AWS::Lambda::EventInvokeConfig").values()
        if each["Properties"]["FunctionName"] == {"Ref": logical_id}
    ]
    queue = config["DestinationConfig"]["OnFailure"]["Destination"]

    assert "DeadLetters" in queue["Fn::GetAtt"][0]
    assert statements(environment)["KeepFailures"]["Resource"] == queue


def test_the_function_only_reads_and_publishes(environment: str) -> None:
    allowed = statements(environment)
    assert {sid: statement["Action"] for sid, statement in allowed.items()} == {
        "ReadRuns": [
            "sagemaker:DescribePipelineExecution",
            "sagemaker:ListPipelineExecutionSteps",
            "sagemaker:ListPipelineParametersForExecution",
        ],
        "ReadPackages": "sagemaker:DescribeModelPackage",
        "ReadReports": "s3:GetObject",
        "Notify": "sns:Publish",
        "EncryptMessages": ["kms:Decrypt", "kms:GenerateDataKey"],
        "KeepFailures": "sqs:SendMessage",
    }


def test_the_function_may_read_the_reports_where_the_pipelines_write_them(
    environment: str,
) -> None:
    allowed = json.dumps(statements(environment)["ReadReports"]["Resource"])
    granted = re.findall(r'"/([^"]+)"', allowed)
    written = [
        names.evaluation_report_key(workload, EXECUTION_ID) for workload in workloads(environment)
    ]
    assert len(granted) == len(written)
    for key in written:
        assert any(fnmatchcase(key, pattern) for pattern in granted), key
    for pipeline in resources(training(environment), "AWS::SageMaker::Pipeline").values():
        body = json.dumps(pipeline["Properties"]["PipelineDefinition"])
        assert names.EVALUATION_REPORT in body
        assert f'\\"{names.EVALUATION}\\"' in body.replace("\\\\", "\\")


def test_an_alarm_tells_of_every_way_in_which_an_execution_can_end_badly(
    environment: str,
) -> None:
    machines, told = set(), defaultdict(set)
    for template in stacks(environment).values():
        machines |= set(resources(template, "AWS::StepFunctions::StateMachine"))
        for alarm in resources(template, "AWS::CloudWatch::Alarm").values():
            properties = alarm["Properties"]
            for dimension in properties["Dimensions"]:
                if dimension["Name"] == "StateMachineArn":
                    assert properties["Namespace"] == "AWS/States"
                    assert len(properties["AlarmActions"]) == 1
                    told[dimension["Value"]["Ref"]].add(properties["MetricName"])
    assert machines
    assert told == dict.fromkeys(machines, ENDINGS)


def test_nothing_but_alarms_may_publish_without_a_role(environment: str) -> None:
    """What tells of executions is an alarm: it needs no grant that there was not before."""
    foundation = stacks(environment)[names.stack_name(environment, "foundation")]
    (policy,) = resources(foundation, "AWS::SNS::TopicPolicy").values()
    assert [
        statement["Principal"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ] == [{"Service": "cloudwatch.amazonaws.com"}]
