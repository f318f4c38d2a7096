"""What intake made of an upload that started no run."""

from __future__ import annotations

import json
from typing import Any


def explain_intake(states: Any, state_machine_arn: str) -> str:
    """One sentence on the newest execution of the intake state machine."""
    executions = states.list_executions(stateMachineArn=state_machine_arn)["executions"]
    if not executions:
        return "The upload's events have not reached intake: no execution of it has started."
    newest = states.describe_execution(executionArn=executions[0]["executionArn"])
    if newest["status"] == "RUNNING":
        return "Intake still waits for the upload to fall quiet."
    if newest["status"] == "SUCCEEDED":
        return f"Intake ended with: {_detail(newest['output'])}"
    return f"Intake ended {newest['status']}: {newest.get('error')} {newest.get('cause')}"


def _detail(output: str) -> str:
    answer = json.loads(output)
    return str(answer.get("detail", answer)) if isinstance(answer, dict) else str(answer)
