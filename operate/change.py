"""Ask the deployment's state machine for a change, and follow it to its end."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from contracts.traffic_split import ACTION
from operate.account import Account
from operate.endpoint_view import EndpointView
from operate.errors import OperateError

POLL_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Deployments:
    """The state machine that owns an endpoint. `states` is a boto3 client."""

    states: Any
    state_machine_arn: str
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def of(cls, account: Account, environment: str, workload: str) -> Deployments:
        """Those of a workload. Raises OperateError."""
        return cls(
            states=account.client("stepfunctions"),
            state_machine_arn=account.state_machine_arn(environment, workload),
        )

    def check_idle(self) -> None:
        """Raises OperateError where a deployment is in progress, or there is no state machine."""
        with machine_sought(self.state_machine_arn):
            running = self.states.list_executions(
                stateMachineArn=self.state_machine_arn, statusFilter="RUNNING"
            )["executions"]
        if running:
            raise OperateError(
                "a deployment is in progress, nothing was changed: "
                f"{running[0]['executionArn']}; wait until it has ended, then ask again (one "
                "that waits for a person ends with `approve` or `reject`)"
            )

    def run(
        self, request: Mapping[str, Any], say: Callable[[str], None], *, now: datetime
    ) -> Mapping[str, Any]:
        """Start an execution with `request` as its input, and follow it.

        Raises:
            OperateError: it did not succeed, or is no longer followed.
        """
        execution = self._start(request, now=now)
        say(f"execution {execution}")
        try:
            return self.follow(execution, say)
        except KeyboardInterrupt:
            raise OperateError(f"no longer followed, the execution goes on: {execution}") from None

    def _start(self, request: Mapping[str, Any], *, now: datetime) -> str:
        """ARN of the execution, whose name says what was asked and when."""
        action = str(request[ACTION]).replace("_", "-")
        name = f"{action}-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        answer = self.states.start_execution(
            stateMachineArn=self.state_machine_arn, name=name, input=json.dumps(request)
        )
        return str(answer["executionArn"])

    def follow(self, execution_arn: str, say: Callable[[str], None]) -> Mapping[str, Any]:
        """Output of the execution at its end; each state is said when it is first entered.

        Raises:
            OperateError: it did not succeed; with its error and cause.
        """
        said: set[str] = set()
        while True:
            execution = self.states.describe_execution(executionArn=execution_arn)
            for state in self._entered(execution_arn):
                if state not in said:
                    said.add(state)
                    say(f"  {state}")
            if execution["status"] != "RUNNING":
                break
            self.sleep(POLL_SECONDS)
        if execution["status"] != "SUCCEEDED":
            cause = str(execution.get("cause", "")).replace(" | ", "\n")
            raise OperateError(
                f"the execution ended {execution['status']}: "
                f"{execution.get('error', '')}\n{cause}\nExecution: {execution_arn}"
            )
        output: Mapping[str, Any] = json.loads(execution["output"])
        return output

    def _entered(self, execution_arn: str) -> list[str]:
        pages = self.states.get_paginator("get_execution_history").paginate(
            executionArn=execution_arn, includeExecutionData=False
        )
        return [
            event["stateEnteredEventDetails"]["name"]
            for page in pages
            for event in page["events"]
            if "stateEnteredEventDetails" in event
        ]


@contextmanager
def machine_sought(arn: str) -> Iterator[None]:
    """Raises OperateError where what is done within finds no such state machine."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "StateMachineDoesNotExist":
            raise
        raise OperateError(
            f"there is no state machine {arn}: the environment has no such workload, or these "
            "are not its account and region"
        ) from error


def check_split(endpoint: EndpointView) -> None:
    """Raises OperateError where the endpoint has no split that could be changed now."""
    if not endpoint.is_split:
        raise OperateError(
            f"no split is on: the endpoint {endpoint.name} serves with {endpoint.config} alone. "
            "A split begins when a further model package is approved, where the workload's YAML "
            "says serving.update: split"
        )
    if endpoint.status != "InService":
        raise OperateError(
            f"the endpoint {endpoint.name} is {endpoint.status}, nothing was changed; wait until "
            "it is InService, then ask again"
        )
