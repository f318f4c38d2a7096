"""A state machine calls SageMaker with its own role, whose policies hold."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.local_cloud_fixture import RunningCloud

DEFINITION = {
    "QueryLanguage": "JSONata",
    "StartAt": "Make",
    "States": {
        "Make": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sagemaker:createModelPackageGroup",
            "Arguments": {"ModelPackageGroupName": "{% $states.input.group %}"},
            "End": True,
        }
    },
}


def allowing(group: str) -> list[dict[str, Any]]:
    resource = f"arn:aws:sagemaker:us-east-1:000000000000:model-package-group/{group}"
    action = "sagemaker:CreateModelPackageGroup"
    return [{"Effect": "Allow", "Action": [action], "Resource": [resource]}]


def execute(cloud: RunningCloud, name: str, role: str, group: str) -> dict[str, Any]:
    """Run a state machine that makes the group; answers its execution at its end."""
    states = cloud.client("stepfunctions")
    machine = states.create_state_machine(
        name=name, definition=json.dumps(DEFINITION), roleArn=role
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine, input=json.dumps({"group": group}))[
        "executionArn"
    ]
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        described: dict[str, Any] = states.describe_execution(executionArn=execution)
        if described["status"] != "RUNNING":
            return described
        time.sleep(0.1)
    raise AssertionError(f"still running: {described}")


def test_what_the_role_allows_is_done(cloud: RunningCloud) -> None:
    role = cloud.role("machine", allowing("by-machine"), trusts=["states.amazonaws.com"])
    ended = execute(cloud, "allowed", role, "by-machine")
    assert ended["status"] == "SUCCEEDED", ended
    cloud.client("sagemaker").describe_model_package_group(ModelPackageGroupName="by-machine")


@pytest.mark.parametrize(
    ("name", "trusts"),
    [("other-resource", ["states.amazonaws.com"]), ("other-service", ["lambda.amazonaws.com"])],
)
def test_what_the_role_does_not_allow_fails_the_execution(
    cloud: RunningCloud, name: str, trusts: list[str]
) -> None:
    group = f"of-{name}"
    allowed = "another" if name == "other-resource" else group
    role = cloud.role(f"machine-{name}", allowing(allowed), trusts=trusts)
    ended = execute(cloud, name, role, group)
    assert ended["status"] == "FAILED"
    groups = cloud.client("sagemaker").list_model_package_groups(NameContains=group)
    assert groups["ModelPackageGroupSummaryList"] == []
