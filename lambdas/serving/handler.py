"""The functions of batch serving as Lambda calls them.

| function | environment variables |
|---|---|
| gather | STATE_MACHINE_ARN, QUIET_SECONDS |
| freeze | ENVIRONMENT, WORKLOAD, DATA_BUCKET, QUIET_SECONDS |
| advance | ENVIRONMENT, WORKLOAD, DATA_BUCKET, SERVING (contracts.serving, as JSON), CONTENT_TYPE, ACCEPT, KMS_KEY_ARN, VOLUME_KEY_ARN |
| tear_down | none |
"""  # noqa: E501 - a row of a table is one line

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from typing import Any

from lambdas.serving.advance import Advancer
from lambdas.serving.freeze import Freezer
from lambdas.serving.gather import Gatherer
from lambdas.serving.settings import AdvanceSettings, FreezeSettings, GatherSettings
from lambdas.serving.tear_down import stop_jobs
from lambdas.shared import custom_resource
from lambdas.shared.clients import client

Event = Mapping[str, Any]

# Kept back of the function's time, for cutting files and for writing.
_KEPT_BACK_MS = 240_000

logging.getLogger().setLevel(logging.INFO)


def gather(event: Event, context: Any) -> dict[str, Any]:
    """A batch of SQS messages, each an EventBridge event of S3."""
    settings = GatherSettings.read(os.environ)
    failed = Gatherer(settings=settings, states=client("stepfunctions")).gather(event, now=_now())
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def freeze(event: Event, context: Any) -> dict[str, Any]:
    """`{"overdue", "again"}` -> `{"outcome", "detail", ...}`, as `Freezer.freeze` says."""
    answer = Freezer(
        settings=FreezeSettings.read(os.environ), s3=client("s3"), ssm=client("ssm"), clock=_now
    ).freeze(event)
    logging.info("%s: %s", answer["outcome"], answer["detail"])
    return answer


def advance(event: Event, context: Any) -> dict[str, Any]:
    """`{"run", "close"}` -> `{"outcome", ...}`, as `Advancer.advance` says."""
    step = Advancer(
        settings=AdvanceSettings.read(os.environ),
        s3=client("s3", answer_seconds=60),
        sagemaker=client("sagemaker"),
        logs=client("logs"),
        clock=_now,
        in_time=lambda: context.get_remaining_time_in_millis() > _KEPT_BACK_MS,
    ).advance(event["run"], close=event["close"])
    logging.info("%s: %s", step["outcome"], step.get("detail") or step.get("job", ""))
    return step


def tear_down(event: Event, context: Any) -> None:
    """A custom resource with the property `JobPrefix`."""

    def work(properties: Mapping[str, Any], deadline: custom_resource.Deadline) -> None:
        stopped = stop_jobs(client("sagemaker"), prefix=properties["JobPrefix"], deadline=deadline)
        logging.info("stopped the transform jobs %s", stopped)

    custom_resource.on_delete(event, context, work)


def _now() -> int:
    return time.time_ns() // 1_000_000
