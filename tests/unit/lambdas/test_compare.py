"""The comparison reads what data capture and CloudWatch have of both models, since the shadow."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.serving import Alarms, Serving, Shadow
from lambdas.deployment.captured_files import CapturedFiles
from lambdas.deployment.compare import Comparison, began
from lambdas.deployment.samples import SampleStore
from lambdas.deployment.served_metrics import ServedMetrics

BEGIN = datetime(2026, 5, 4, 12, tzinfo=UTC)
END = BEGIN + timedelta(minutes=30)
PREFIX = "churn/captured/rookery/"
INDEX = {
    "schema_version": 2,
    "content_type": "text/csv",
    "classes": ["stays", "leaves"],
    "samples": [{"file": "files/1", "label": "stays"}],
}


class Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def iter_lines(self) -> Iterator[bytes]:
        yield from (line.rstrip(b"\n") for line in io.BytesIO(self._content))

    def read(self) -> bytes:
        return self._content


class S3:
    """Files by key, each written at a time."""

    def __init__(self, files: dict[str, tuple[datetime, bytes]]) -> None:
        self._files = files

    def get_paginator(self, name: str) -> S3:
        assert name == "list_objects_v2"
        return self

    def paginate(self, **asked: str) -> list[dict[str, Any]]:
        return [
            {
                "Contents": [
                    {"Key": key, "LastModified": written}
                    for key, (written, _) in self._files.items()
                    if key.startswith(asked["Prefix"])
                ]
            }
        ]

    def get_object(self, **asked: str) -> dict[str, Any]:
        return {"Body": Body(self._files[asked["Key"]][1])}


class CloudWatch:
    """So many requests in two periods, of which the shadow is slower."""

    def get_metric_statistics(self, **asked: Any) -> dict[str, Any]:
        assert (asked["StartTime"], asked["EndTime"], asked["Period"]) == (BEGIN, END, 60)
        variant = {each["Name"]: each["Value"] for each in asked["Dimensions"]}["VariantName"]
        if asked["MetricName"] == "ModelLatency":
            slow = 3 if variant == "Shadow" else 1
            return {"Datapoints": [{"ExtendedStatistics": {"p99": slow * 1000.0}}] * 2}
        sums = {"Invocations": 50.0, "Invocation5XXErrors": 0.0}
        return {"Datapoints": [{"Sum": sums[asked["MetricName"]]}] * 2}


def captured(request: str, answer: str) -> bytes:
    def payload(data: str) -> dict[str, str]:
        return {"observedContentType": "text/csv", "data": data, "encoding": "CSV"}

    data = {"endpointInput": payload(request), "endpointOutput": payload(answer)}
    return json.dumps({"captureData": data}).encode() + b"\n"


def lines(answer: str, count: int = 10) -> bytes:
    return b"".join(captured(str(number), answer) for number in range(count))


def compared(shadow: bytes, *, written: datetime = END, **limits: Any) -> tuple[bool, str]:
    s3 = S3(
        {
            f"{PREFIX}AllTraffic/2026/05/04/12/a.jsonl": (written, lines("[0.9, 0.1]")),
            f"{PREFIX}Shadow/2026/05/04/12/b.jsonl": (written, shadow),
            "run/samples/samples.json": (BEGIN, json.dumps(INDEX).encode()),
        }
    )
    given = {"minutes": 30, "min_requests": 10, "max_latency_ratio": 3.0, **limits}
    answer = Comparison(
        files=CapturedFiles(
            s3=s3, bucket="artifacts", prefix="churn/captured/", endpoint_name="rookery"
        ),
        metrics=ServedMetrics(cloudwatch=CloudWatch(), endpoint_name="rookery"),
        samples=SampleStore(s3=s3, uri="s3://artifacts/run/samples"),
        serving=Serving(
            instance_type="ml.m5.large",
            instance_count=1,
            update="shadow",
            shadow=Shadow(**given),
            alarms=Alarms(max_5xx_percent=1),
        ),
    ).run(since=BEGIN, until=END)
    return answer["passed"], answer["detail"]


def test_a_shadow_that_answers_the_same_classes_passes() -> None:
    passed, detail = compared(b"no line of data capture\n" + lines("[0.6, 0.4]"))
    assert passed, detail
    assert "0 of 10 requests" in detail
    assert "0 of 100 requests" in detail


def test_a_shadow_that_answers_other_classes_does_not_pass() -> None:
    passed, detail = compared(lines("[0.4, 0.6]"))
    assert not passed
    assert "stays became leaves" in detail


def test_what_was_captured_before_the_shadow_does_not_count() -> None:
    passed, detail = compared(lines("[0.9, 0.1]"), written=BEGIN - timedelta(seconds=1))
    assert not passed
    assert "only 0 requests" in detail


def test_a_shadow_that_is_slower_than_allowed_does_not_pass() -> None:
    passed, detail = compared(lines("[0.9, 0.1]"), max_latency_ratio=2.9)
    assert not passed
    assert "too slow" in detail


@pytest.mark.parametrize("text", ["2026-05-04T12:00:00.000Z", "2026-05-04T14:00:00+02:00"])
def test_the_begin_is_read_as_the_state_machine_tells_it(text: str) -> None:
    assert began({"since": text}) == BEGIN
