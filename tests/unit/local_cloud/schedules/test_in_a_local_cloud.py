"""Schedules and rules of a real local cloud start state machines, under their roles."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from botocore.exceptions import ClientError

from tests.local_cloud_fixture import RunningCloud
from tests.unit.local_cloud.endpoints.conftest import until

PASSING = {"StartAt": "End", "States": {"End": {"Type": "Pass", "End": True}}}


def machine(cloud: RunningCloud, name: str) -> str:
    role = cloud.role(f"{name}-machine", [], trusts=["states.amazonaws.com"])
    made = cloud.client("stepfunctions").create_state_machine(
        name=name, definition=json.dumps(PASSING), roleArn=role
    )
    return str(made["stateMachineArn"])


def starting(arn: str) -> list[dict[str, Any]]:
    return [{"Effect": "Allow", "Action": ["states:StartExecution"], "Resource": [arn]}]


def inputs(cloud: RunningCloud, arn: str) -> list[Any]:
    states = cloud.client("stepfunctions")
    found = states.list_executions(stateMachineArn=arn)["executions"]
    return [
        json.loads(states.describe_execution(executionArn=one["executionArn"])["input"])
        for one in found
    ]


def template(arn: str, role: str) -> str:
    berlin = datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(seconds=4)
    properties = {
        "Name": "nightly",
        "ScheduleExpression": f"at({berlin:%Y-%m-%dT%H:%M:%S})",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": "arn:aws:scheduler:::aws-sdk:sfn:startExecution",
            "RoleArn": role,
            "Input": json.dumps(
                {
                    "StateMachineArn": arn,
                    "Name": "pause-<aws.scheduler.execution-id>",
                    "Input": json.dumps({"action": "pause"}),
                }
            ),
        },
    }
    resource = {"Type": "AWS::Scheduler::Schedule", "Properties": properties}
    return json.dumps({"Resources": {"Schedule": resource}})


def test_a_schedule_of_a_template_starts_a_state_machine_at_its_local_time_under_its_role(
    cloud: RunningCloud,
) -> None:
    arn = machine(cloud, "scheduled")
    role = cloud.role("scheduling", starting(arn), trusts=["scheduler.amazonaws.com"])
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(StackName="nightly", TemplateBody=template(arn, role))
    until(lambda: inputs(cloud, arn) == [{"action": "pause"}])
    schedule = cloud.client("scheduler").get_schedule(Name="nightly")
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"


def test_a_schedule_whose_role_may_not_start_the_state_machine_starts_nothing_and_says_so(
    cloud: RunningCloud,
) -> None:
    arn = machine(cloud, "forbidden")
    role = cloud.role("powerless", [], trusts=["scheduler.amazonaws.com"])
    soon = datetime.now(ZoneInfo("UTC")) + timedelta(seconds=2)
    cloud.client("scheduler").create_schedule(
        Name="forbidden",
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": role},
    )
    until(lambda: "did not reach" in cloud.settings.log_file.read_text())
    assert "is not authorized to perform: states:StartExecution" in (
        cloud.settings.log_file.read_text()
    )
    assert inputs(cloud, arn) == []


def test_a_role_that_the_scheduler_cannot_assume_is_refused_at_once(cloud: RunningCloud) -> None:
    arn = machine(cloud, "untrusting")
    role = cloud.role("untrusting", starting(arn), trusts=["states.amazonaws.com"])
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume"):
        cloud.client("scheduler").create_schedule(
            Name="untrusting",
            ScheduleExpression="rate(1 day)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": role},
        )


def test_a_rule_starts_a_state_machine_only_where_its_role_may(cloud: RunningCloud) -> None:
    arn = machine(cloud, "ruled")
    events = cloud.client("events")
    for name, statements in (("may", starting(arn)), ("may-not", [])):
        role = cloud.role(f"rule-{name}", statements, trusts=["events.amazonaws.com"])
        events.put_rule(Name=name, EventPattern=json.dumps({"source": ["own"]}))
        target = {"Id": "machine", "Arn": arn, "RoleArn": role, "Input": json.dumps(name)}
        events.put_targets(Rule=name, Targets=[target])
    events.put_events(Entries=[{"Source": "own", "DetailType": "Tick", "Detail": "{}"}])
    until(lambda: inputs(cloud, arn) != [])
    assert inputs(cloud, arn) == ["may"]
    assert "rule may-not did not reach" in cloud.settings.log_file.read_text()
