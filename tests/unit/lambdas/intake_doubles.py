"""Doubles of what intake calls, and upload events as AWS sends them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lambdas.intake.gather import Gatherer
from lambdas.intake.record import RecordTable
from lambdas.intake.settings import GatherSettings
from tests.unit.lambdas.wire import ServiceError, by_methods, wired_client

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:intake"
QUIET_SECONDS = 60


class States:
    """Step Functions: a name is taken once and for all, as MiniStack has it.

    Attributes:
        started: inputs by the executions' names.
        refusing: an error to answer the next start with.
        losing_answer: whether the next start happens, but is answered with a fault.
    """

    def __init__(self) -> None:
        self.started: dict[str, Any] = {}
        self.refusing: ServiceError | None = None
        self.losing_answer = False

    def StartExecution(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if self.refusing is not None:
            refusal, self.refusing = self.refusing, None
            raise refusal
        name = request["name"]
        if name in self.started:
            raise ServiceError("ExecutionAlreadyExists", f"{name} exists")
        assert request["stateMachineArn"] == MACHINE
        self.started[name] = json.loads(request["input"])
        if self.losing_answer:
            self.losing_answer = False
            raise ServiceError("InternalFailure", "the answer was lost")
        return {"executionArn": f"{MACHINE}:{name}", "startDate": 0}


class Topic:
    """SNS: keeps what is published, or refuses it."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.refusing: Exception | None = None

    def publish(self, **request: str) -> dict[str, str]:
        if self.refusing is not None:
            raise self.refusing
        self.messages.append(request["Message"])
        return {"MessageId": "1"}


def gatherer(
    table: RecordTable, states: States, topic: Topic, workloads: tuple[str, ...] = ("birds", "cats")
) -> Gatherer:
    return Gatherer(
        settings=GatherSettings(
            table_name="unused",
            state_machine_arn=MACHINE,
            workloads=workloads,
            alert_topic_arn="arn:aws:sns:eu-west-1:123456789012:alerts",
            quiet_seconds=QUIET_SECONDS,
        ),
        table=table,
        states=wired_client("stepfunctions", by_methods(states)),
        sns=topic,
    )


def message(key: str, message_id: str | None = None) -> dict[str, str]:
    """An SQS message with the event of one uploaded object."""
    event = {
        "version": "0",
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": "data"}, "object": {"key": key, "size": 1}},
    }
    return {"messageId": message_id or key, "body": json.dumps(event)}


def batch(messages: Sequence[dict[str, str]]) -> dict[str, Any]:
    return {"Records": list(messages)}
