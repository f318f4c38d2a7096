from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from contracts.captured import Captured, CapturedError, Payload, capture_prefix


def payload(data: str, encoding: str, kind: str = "text/csv") -> dict[str, Any]:
    return {"observedContentType": kind, "mode": "INPUT", "data": data, "encoding": encoding}


def line(**data: Any) -> str:
    return json.dumps({"captureData": data, "eventMetadata": {"eventId": "1"}, "eventVersion": "0"})


def test_text_and_base64_are_read_alike() -> None:
    encoded = base64.b64encode(b"1,2").decode()
    for given in (payload("1,2", "CSV"), payload(encoded, "BASE64")):
        captured = Captured.parse(line(endpointInput=given, endpointOutput=payload("0.9", "CSV")))
        assert captured.request == Payload(content_type="text/csv", body=b"1,2")
        assert captured.answer == Payload(content_type="text/csv", body=b"0.9")


def test_the_same_request_has_the_same_digest() -> None:
    one = Captured.parse(line(endpointInput=payload("1,2", "CSV")))
    other = Captured.parse(line(endpointInput=payload("1,2", "CSV", "text/plain")))
    assert one.digest == other.digest
    assert one.answer is None


@pytest.mark.parametrize(
    "wrong", ["nothing", "[]", "{}", line(), line(endpointInput=payload("%", "BASE64"))]
)
def test_a_line_of_something_else_is_refused(wrong: str) -> None:
    with pytest.raises(CapturedError, match="data capture"):
        Captured.parse(wrong)


def test_files_of_a_variant_lie_below_its_name() -> None:
    assert (
        capture_prefix("/churn/captured/", "end", "AllTraffic") == "churn/captured/end/AllTraffic/"
    )
    assert capture_prefix("", "end", "AllTraffic") == "end/AllTraffic/"
