"""What the deployment's state machine did: its executions, and the states of one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from contracts.rollout_text import strategy_of
from contracts.traffic_split import ACTION
from operate.change import machine_sought
from operate.errors import OperateError

RUNNING, SUCCEEDED = "RUNNING", "SUCCEEDED"
_MOST_A_PAGE = 1000


@dataclass(frozen=True, kw_only=True)
class DeploymentView:
    """An execution.

    Attributes:
        subject: what it is about, such as `version 4` or `shift to 0.5`.
        strategy: how the new model takes the old one's place, `-` where nobody said so far.
        outcome: for people: `live`, `nothing to do`, `failed`, `in progress` and so on.
        error, cause: of one that failed; else empty.
        ended: None while it runs.
    """

    name: str
    arn: str
    subject: str
    strategy: str
    outcome: str
    error: str
    cause: str
    summary: str
    started: datetime
    ended: datetime | None

    @property
    def failed(self) -> bool:
        """Whether it ended in another way than it should."""
        return bool(self.error) or self.outcome in ("aborted", "timed out", "failed")


@dataclass(frozen=True, kw_only=True)
class StateView:
    """A state that an execution went through.

    Attributes:
        times: that it was entered.
        seconds: that it took, all times together; until now for one that it is in.
    """

    name: str
    times: int
    seconds: float


def last_deployments(states: Any, state_machine_arn: str, *, most: int) -> list[DeploymentView]:
    """The last executions, the newest first. Raises OperateError."""
    with machine_sought(state_machine_arn):
        found = states.list_executions(stateMachineArn=state_machine_arn, maxResults=most)
    arns = [each["executionArn"] for each in found["executions"]]
    return [read_deployment(states, arn) for arn in arns]


def read_deployment(states: Any, execution_arn: str) -> DeploymentView:
    """Raises OperateError where there is no such execution."""
    try:
        execution = states.describe_execution(executionArn=execution_arn)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ExecutionDoesNotExist":
            raise
        raise OperateError(
            f"there is no execution {execution_arn}: `deployments` lists the last ones by name; "
            "Step Functions keeps them for 90 days"
        ) from error
    asked = _json(execution.get("input"))
    output = _json(execution.get("output")) if execution["status"] == SUCCEEDED else {}
    plan = output or _plan(states, execution_arn)
    return DeploymentView(
        name=execution["name"],
        arn=execution_arn,
        subject=_subject(asked, plan),
        strategy=strategy_of(plan),
        outcome=_outcome(execution["status"], output),
        error=str(execution.get("error") or ""),
        cause=str(execution.get("cause") or ""),
        summary=str(plan.get("summary") or ""),
        started=execution["startDate"],
        ended=execution.get("stopDate"),
    )


def read_states(states: Any, execution_arn: str, *, now: datetime) -> list[StateView]:
    """The states, in the order in which they were first entered."""
    times: dict[str, int] = {}
    seconds: dict[str, float] = {}
    entered: dict[str, datetime] = {}
    last = now
    for event in _events(states, execution_arn, data=False):
        last = event["timestamp"].astimezone(UTC)
        if "stateEnteredEventDetails" in event:
            name = event["stateEnteredEventDetails"]["name"]
            times[name] = times.get(name, 0) + 1
            entered[name] = last
        elif "stateExitedEventDetails" in event:
            name = event["stateExitedEventDetails"]["name"]
            seconds[name] = seconds.get(name, 0.0) + (last - entered.pop(name)).total_seconds()
        elif event["type"].startswith("Execution") and event["type"] != "ExecutionStarted":
            now = last
    for name, since in entered.items():
        seconds[name] = seconds.get(name, 0.0) + max(0.0, (now - since).total_seconds())
    return [
        StateView(name=name, times=count, seconds=seconds.get(name, 0.0))
        for name, count in times.items()
    ]


def _plan(states: Any, execution_arn: str) -> Mapping[str, Any]:
    """What the state Plan answered; empty where the execution has not come that far."""
    for event in _events(states, execution_arn, data=True):
        exited = event.get("stateExitedEventDetails", {})
        if exited.get("name") == "Plan":
            answer = _json(exited.get("output"))
            payload = answer.get("Payload", answer)
            return payload if isinstance(payload, dict) else {}
    return {}


def _events(states: Any, execution_arn: str, *, data: bool) -> Iterator[dict[str, Any]]:
    pages = states.get_paginator("get_execution_history").paginate(
        executionArn=execution_arn, includeExecutionData=data, maxResults=_MOST_A_PAGE
    )
    for page in pages:
        yield from page["events"]


def _subject(asked: Mapping[str, Any], plan: Mapping[str, Any]) -> str:
    action = asked.get(ACTION)
    if action is None:
        version = asked.get("detail", {}).get("ModelPackageVersion")
        return f"version {version}" if version else "-"
    if action == "shift":
        return f"shift to {asked.get('share')}"
    if action == "end":
        return f"end, {asked.get('winner')} wins"
    words = str(action).replace("_", " ")
    version = asked.get("to") or str(plan.get("model_package") or "").rpartition("/")[2]
    return f"{words} to version {version}" if version else words


def _outcome(status: str, output: Mapping[str, Any]) -> str:
    if status != SUCCEEDED:
        return {RUNNING: "in progress"}.get(status, status.lower().replace("_", " "))
    if output.get("superseded"):
        return "superseded"
    return "nothing to do" if output.get("nothing_to_do") else "live"


def _json(text: Any) -> Mapping[str, Any]:
    """The object in a text; empty for another text, or none."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
