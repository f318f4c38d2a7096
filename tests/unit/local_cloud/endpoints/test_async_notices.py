"""What a notice of asynchronous inference says of each outcome."""

from __future__ import annotations

from typing import Any

import pytest

from local_cloud.sagemaker.hosting.asynchronous.outcome import (
    COMPLETED,
    EXPIRED,
    FAILED,
    MOST_RESPONSE_BYTES,
    Outcome,
    notice,
    topic_of,
)
from local_cloud.sagemaker.hosting.asynchronous.request import AsyncRequest

TOPICS = {"SuccessTopic": "good", "ErrorTopic": "bad"}
BOTH = ["SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"]
REQUEST = AsyncRequest(
    id="1",
    endpoint="later",
    inference_id="mine",
    received=0.5,
    ttl=60,
    timeout=60,
    attempts=0,
    input="s3://bucket/in",
    output="s3://bucket/out",
    failure="s3://bucket/failure",
)


def told(outcome: Outcome, *, include: list[str]) -> dict[str, Any]:
    wanted = {**TOPICS, "IncludeInferenceResponseIn": include}
    return notice(REQUEST, outcome, wanted, "eu-central-1")


@pytest.mark.parametrize(
    ("status", "topic"), [(COMPLETED, "good"), (FAILED, "bad"), (EXPIRED, "bad")]
)
def test_each_outcome_has_its_topic(status: str, topic: str) -> None:
    outcome = Outcome(status=status, reason="because")
    assert topic_of(outcome, TOPICS) == topic
    assert topic_of(outcome, {}) is None
    assert told(outcome, include=[])["invocationStatus"] == status


def test_a_notice_says_where_when_and_why() -> None:
    message = told(Outcome(status=FAILED, reason="because"), include=BOTH)
    assert message["receivedTime"] == "1970-01-01T00:00:00.500Z"
    assert message["requestParameters"] == {
        "endpointName": "later",
        "inputLocation": "s3://bucket/in",
    }
    assert message["responseParameters"] == {"failureLocation": "s3://bucket/failure"}
    assert (message["failureReason"], message["awsRegion"]) == ("because", "eu-central-1")
    assert "responseBody" not in message


@pytest.mark.parametrize(
    ("body", "included"),
    [
        (b"text", {"content": "text", "encoding": "UTF-8"}),
        (b"\xff\x00", {"content": "/wA=", "encoding": "BASE64"}),
        (b"x" * (MOST_RESPONSE_BYTES + 1), None),
    ],
)
def test_a_response_is_included_where_asked_for_and_not_too_large(
    body: bytes, included: dict[str, str] | None
) -> None:
    for status in (COMPLETED, FAILED):
        outcome = Outcome(status=status, body=body)
        assert told(outcome, include=BOTH).get("responseBody") == included
        assert "responseBody" not in told(outcome, include=[])
