"""How a request ended, and the notice of it that SageMaker publishes.

Source: "Check prediction results" in the SageMaker developer guide.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_cloud.sagemaker.hosting.asynchronous.request import AsyncRequest

COMPLETED, FAILED, EXPIRED = "Completed", "Failed", "Expired"
MOST_RESPONSE_BYTES = 128 * 1024
"""A response beyond this size is not put into a notice."""
_INCLUDED_IN = {True: "SUCCESS_NOTIFICATION_TOPIC", False: "ERROR_NOTIFICATION_TOPIC"}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    status: str
    reason: str = ""
    """Why it failed."""
    content_type: str = ""
    body: bytes = b""
    """What the container answered; empty where it did not."""

    @property
    def completed(self) -> bool:
        return self.status == COMPLETED


def topic_of(outcome: Outcome, notification: Mapping[str, Any]) -> str | None:
    """The topic that a NotificationConfig wants to be told of such an outcome."""
    found: str | None = notification.get("SuccessTopic" if outcome.completed else "ErrorTopic")
    return found


def notice(
    request: AsyncRequest, outcome: Outcome, notification: Mapping[str, Any], region: str
) -> dict[str, Any]:
    """The message, as JSON members."""
    asked = {"endpointName": request["endpoint"]}
    if "input" in request:
        asked["inputLocation"] = request["input"]
    for member, name in (("content_type", "contentType"), ("accept", "accept")):
        if member in request:
            asked[name] = str(request[member])  # type: ignore[literal-required]
    message: dict[str, Any] = {
        "awsRegion": region,
        "eventTime": _time(datetime.now(UTC)),
        "receivedTime": _time(datetime.fromtimestamp(request["received"], UTC)),
        "invocationStatus": outcome.status,
        "requestParameters": asked,
        "inferenceId": request["inference_id"],
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }
    answered = _answered(request, outcome)
    if answered:
        message["responseParameters"] = answered
    if not outcome.completed:
        message["failureReason"] = outcome.reason
    wanted = notification.get("IncludeInferenceResponseIn", [])
    fits = 0 < len(outcome.body) <= MOST_RESPONSE_BYTES
    if fits and _INCLUDED_IN[outcome.completed] in wanted:
        message["responseBody"] = _body(outcome.body)
    return message


def _answered(request: AsyncRequest, outcome: Outcome) -> dict[str, str]:
    answered = {"contentType": outcome.content_type} if outcome.content_type else {}
    if outcome.completed:
        answered["outputLocation"] = request["output"]
    elif "failure" in request:
        answered["failureLocation"] = request["failure"]
    return answered


def _body(body: bytes) -> dict[str, str]:
    try:
        return {"content": body.decode(), "encoding": "UTF-8"}
    except UnicodeDecodeError:
        return {"content": base64.b64encode(body).decode(), "encoding": "BASE64"}


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
