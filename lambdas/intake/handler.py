"""The functions of intake as Lambda calls them.

| function | environment variables |
|---|---|
| gather | TABLE_NAME, STATE_MACHINE_ARN, WORKLOADS (by commas), ALERT_TOPIC_ARN, QUIET_SECONDS |
| check_quiet | TABLE_NAME, QUIET_SECONDS, MAX_WAIT_SECONDS |
| freeze | TABLE_NAME, DATA_BUCKET, ENVIRONMENT |
| release | TABLE_NAME |
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from typing import Any

from lambdas.intake import quiet
from lambdas.intake.freeze import Freezer
from lambdas.intake.gather import Gatherer
from lambdas.intake.record import RecordTable
from lambdas.intake.settings import (
    FreezeSettings,
    GatherSettings,
    QuietSettings,
    ReleaseSettings,
)
from lambdas.shared.clients import client

Event = Mapping[str, Any]

logging.getLogger().setLevel(logging.INFO)


def gather(event: Event, context: Any) -> dict[str, Any]:
    """A batch of SQS messages, each an EventBridge event of S3."""
    settings = GatherSettings.read(os.environ)
    gatherer = Gatherer(
        settings=settings,
        table=_table(settings.table_name),
        states=client("stepfunctions"),
        sns=client("sns"),
    )
    failed = gatherer.gather(event, now=_now())
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def check_quiet(event: Event, context: Any) -> dict[str, Any]:
    """`{"workload"}` -> `{"quiet", "wait_seconds"}`."""
    settings = QuietSettings.read(os.environ)
    answer = quiet.check_quiet(
        event["workload"], table=_table(settings.table_name), settings=settings, now=_now()
    )
    return {"quiet": answer.quiet, "wait_seconds": answer.wait_seconds}


def freeze(event: Event, context: Any) -> dict[str, Any]:
    """`{"workload"}` -> `{"outcome", "detail", ...}`."""
    settings = FreezeSettings.read(os.environ)
    answer = Freezer(
        settings=settings,
        table=_table(settings.table_name),
        # A manifest of a million files has 160 MB.
        s3=client("s3", answer_seconds=60),
        sagemaker=client("sagemaker"),
        clock=_now,
    ).freeze(event["workload"])
    logging.info("%s: %s", answer["outcome"], answer["detail"])
    return answer


def release(event: Event, context: Any) -> dict[str, Any]:
    """`{"workload"}` -> `{}`: the next upload starts afresh."""
    _table(ReleaseSettings.read(os.environ).table_name).forget(event["workload"])
    return {}


def _table(name: str) -> RecordTable:
    return RecordTable(client("dynamodb"), name)


def _now() -> int:
    return time.time_ns() // 1_000_000
