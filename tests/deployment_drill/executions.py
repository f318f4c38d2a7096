"""The executions of one state machine, as an operator sees and ends them."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from demo.cloud import Cloud

POLL_SECONDS = 0.2
PATIENCE_SECONDS = 300.0
ENTERED = "stateEnteredEventDetails"


@dataclass(frozen=True)
class Ended:
    """How an execution ended; `states` are those that it entered, in order."""

    arn: str
    status: str
    cause: str
    seconds: float
    states: tuple[str, ...]


class StateMachine:
    """One state machine of the environment."""

    def __init__(self, cloud: Cloud, *, name: str) -> None:
        settings = cloud.settings
        self.arn = f"arn:aws:states:{settings.region}:{settings.account_id}:stateMachine:{name}"
        self._states = cloud.client("stepfunctions")

    def definition(self) -> dict[str, Any]:
        described = self._states.describe_state_machine(stateMachineArn=self.arn)
        definition: dict[str, Any] = json.loads(described["definition"])
        return definition

    def replace_definition(self, definition: Mapping[str, Any]) -> None:
        """For executions that start from now on."""
        self._states.update_state_machine(
            stateMachineArn=self.arn, definition=json.dumps(definition)
        )

    def start(self, event: Mapping[str, Any]) -> str:
        """ARN of a new execution, with a name such as EventBridge or an operator gives."""
        name = str(uuid.uuid4())
        if "action" in event:
            name = f"{event['action'].replace('_', '-')}-{name}"
        started = self._states.start_execution(
            stateMachineArn=self.arn, name=name, input=json.dumps(event)
        )
        arn: str = started["executionArn"]
        return arn

    def stop(self, execution: str) -> None:
        self._states.stop_execution(executionArn=execution, cause="Killed by a drill")

    def entered(self, execution: str) -> tuple[str, ...]:
        """The states that the execution entered, in order."""
        pages = self._states.get_paginator("get_execution_history").paginate(
            executionArn=execution, includeExecutionData=False
        )
        return tuple(
            event[ENTERED]["name"] for page in pages for event in page["events"] if ENTERED in event
        )

    def status(self, execution: str) -> str:
        return str(self._states.describe_execution(executionArn=execution)["status"])

    def event(self, execution: str) -> dict[str, Any]:
        """What it was started with."""
        told = self._states.describe_execution(executionArn=execution)
        event: dict[str, Any] = json.loads(told["input"])
        return event

    def all(self) -> list[str]:
        """ARNs of every execution, the newest first."""
        pages = self._states.get_paginator("list_executions").paginate(stateMachineArn=self.arn)
        return [item["executionArn"] for page in pages for item in page["executions"]]

    def await_state(self, execution: str, *states: str) -> bool:
        """Whether it comes to one of the states; False where it ends before that."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            ended = self.status(execution) != "RUNNING"
            if not set(states).isdisjoint(self.entered(execution)):
                return True
            if ended:
                return False
            time.sleep(POLL_SECONDS)
        raise AssertionError(
            f"{execution} did not come to {' or '.join(states)}; "
            f"it entered {', '.join(self.entered(execution))}"
        )

    def await_end(self, execution: str) -> Ended:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            told = self._states.describe_execution(executionArn=execution)
            if told["status"] != "RUNNING":
                return Ended(
                    execution,
                    told["status"],
                    told.get("cause", ""),
                    (told["stopDate"] - told["startDate"]).total_seconds(),
                    self.entered(execution),
                )
            time.sleep(POLL_SECONDS)
        raise AssertionError(
            f"{execution} has not ended; it entered {', '.join(self.entered(execution))}"
        )
