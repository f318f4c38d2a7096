"""What an endpoint was asked and answered lies in S3, in AWS's form; no request pays for it."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from local_cloud.sagemaker.hosting import data_capture
from tests.unit.local_cloud.endpoints.conftest import BUCKET, WRITABLE, Hosting, until, variant

OBJECT = re.compile(r"^\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl$")


def capturing(hosting: Hosting, name: str, *, prefix: str = WRITABLE, **more: Any) -> str:
    """An endpoint in service that captures; answers where to."""
    destination = f"s3://{BUCKET}/{prefix}"
    capture = {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": destination,
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {
            "CsvContentTypes": ["text/csv"],
            "JsonContentTypes": ["application/json"],
        },
        **more,
    }
    hosting.sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[variant(hosting.model(name))],
        DataCaptureConfig=capture,
    )
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    assert hosting.settled(name)["EndpointStatus"] == "InService"
    return destination


def captured(hosting: Hosting, endpoint: str, variant_name: str) -> list[dict[str, Any]]:
    """All that was captured of a variant."""
    prefix = f"{WRITABLE}/{endpoint}/{variant_name}/"
    listed = hosting.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    events = []
    for key in (one["Key"] for one in listed):
        assert OBJECT.match(key.removeprefix(prefix)), key
        body = hosting.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
        events += [json.loads(line) for line in body.splitlines()]
    return events


def test_requests_and_answers_lie_in_s3_as_json_lines_within_seconds(hosting: Hosting) -> None:
    destination = capturing(hosting, "captured")
    hosting.invoke("captured", "1,2", ContentType="text/csv; header=absent", InferenceId="the-id")
    until(lambda: captured(hosting, "captured", "captured"), seconds=15)
    (event,) = captured(hosting, "captured", "captured")
    data, metadata = event["captureData"], event["eventMetadata"]
    assert data["endpointInput"] == {
        "observedContentType": "text/csv; header=absent",
        "mode": "INPUT",
        "data": "1,2",
        "encoding": "CSV",
    }
    assert data["endpointOutput"]["encoding"] == "JSON"
    assert json.loads(data["endpointOutput"]["data"])["model"] == "captured"
    assert metadata.keys() == {"eventId", "inferenceTime", "inferenceId"}
    assert metadata["inferenceId"] == "the-id"
    assert re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", metadata["inferenceTime"])
    assert event["eventVersion"] == "0"
    summary = hosting.describe("captured")["DataCaptureConfig"]
    assert (summary["CaptureStatus"], summary["DestinationS3Uri"]) == ("Started", destination)


def test_the_end_of_a_fleet_loses_no_captured_request(hosting: Hosting) -> None:
    capturing(hosting, "ending", CaptureOptions=[{"CaptureMode": "InputAndOutput"}])
    bodies = [f"request {number}" for number in range(20)]
    for body in bodies:
        hosting.invoke("ending", body, ContentType="application/x-image")
    hosting.delete("ending")
    inputs = [one["captureData"]["endpointInput"] for one in captured(hosting, "ending", "ending")]
    assert {one["encoding"] for one in inputs} == {"BASE64"}
    assert [base64.b64decode(one["data"]).decode() for one in inputs] == bodies


def test_only_what_is_asked_for_is_captured(hosting: Hosting) -> None:
    capturing(hosting, "half", CaptureOptions=[{"CaptureMode": "Output"}])
    capturing(hosting, "off", EnableCapture=False)
    capturing(hosting, "none", InitialSamplingPercentage=0)
    for name in ("half", "off", "none"):
        hosting.invoke(name)
        hosting.delete(name)
    (event,) = captured(hosting, "half", "half")
    assert event["captureData"].keys() == {"endpointOutput"}
    assert not captured(hosting, "off", "off")
    assert not captured(hosting, "none", "none")


def test_a_destination_that_the_role_may_not_write_fails_no_request(hosting: Hosting) -> None:
    capturing(hosting, "forbidden", prefix="not-writable")
    answers = [hosting.invoke("forbidden")["model"] for _ in range(3)]
    assert answers == ["forbidden"] * 3
    log = hosting.cloud.settings.log_file
    until(lambda: "data capture of forbidden: cannot write to" in log.read_text(), seconds=15)


def test_an_update_keeps_what_is_captured_where_it_is_asked_to(hosting: Hosting) -> None:
    destination = capturing(hosting, "keeping")
    config = hosting.config("keeping-2", keeping=1.0)
    described = hosting.update("keeping", config, RetainAllVariantProperties=True)
    assert described["DataCaptureConfig"]["DestinationS3Uri"] == destination
    excluded = [{"VariantPropertyType": "DataCaptureConfig"}]
    described = hosting.update(
        "keeping",
        config,
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=excluded,
    )
    assert "DataCaptureConfig" not in described


@pytest.mark.parametrize(("enabled", "status"), [(True, "Started"), (False, "Stopped")])
def test_a_switched_off_capture_is_described_as_stopped(enabled: bool, status: str) -> None:
    config = {
        "EnableCapture": enabled,
        "InitialSamplingPercentage": 5,
        "DestinationS3Uri": "s3://bucket/prefix",
    }
    summary = data_capture.summary(config)
    assert (summary["EnableCapture"], summary["CaptureStatus"]) == (enabled, status)
    assert summary["CurrentSamplingPercentage"] == 5
