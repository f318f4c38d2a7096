"""One captured request and answer, in the form that SageMaker writes it.

Source: "Data capture" in the SageMaker developer guide (``captureData``, ``eventMetadata``).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

EVENT_VERSION = "0"
SHADOW = "ShadowExperiment"
"""``invocationSource`` of what a shadow variant was asked."""


@dataclass(frozen=True, kw_only=True)
class Payload:
    """A body and the media type that it was sent with."""

    content_type: str
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A request that a variant answered with 2xx."""

    variant: str
    event_id: str
    at: datetime
    request: Payload
    answer: Payload
    inference_id: str | None = None
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class Form:
    """What of an exchange is written, and how bodies are encoded."""

    modes: frozenset[str]
    csv: frozenset[str]
    json: frozenset[str]


def captures(config: Mapping[str, Any] | None) -> bool:
    """Whether a DataCaptureConfig asks for capture: it is there and not switched off."""
    return config is not None and bool(config.get("EnableCapture", True))


def form_of(config: Mapping[str, Any]) -> Form:
    """The form that a DataCaptureConfig asks for."""
    modes: set[str] = set()
    for option in config["CaptureOptions"]:
        mode = option["CaptureMode"]
        modes |= {"Input", "Output"} if mode == "InputAndOutput" else {mode}
    header = config.get("CaptureContentTypeHeader", {})
    return Form(
        modes=frozenset(modes),
        csv=frozenset(_media(one) for one in header.get("CsvContentTypes", [])),
        json=frozenset(_media(one) for one in header.get("JsonContentTypes", [])),
    )


def line(exchange: Exchange, form: Form) -> str:
    """One line of JSON, without its end."""
    data: dict[str, Any] = {}
    for mode, member, payload in (
        ("Input", "endpointInput", exchange.request),
        ("Output", "endpointOutput", exchange.answer),
    ):
        if mode in form.modes:
            data[member] = _captured(payload, mode.upper(), form)
    metadata = {
        "eventId": exchange.event_id,
        "inferenceTime": exchange.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if exchange.inference_id is not None:
        metadata["inferenceId"] = exchange.inference_id
    if exchange.source is not None:
        metadata["invocationSource"] = exchange.source
    event = {"captureData": data, "eventMetadata": metadata, "eventVersion": EVENT_VERSION}
    return json.dumps(event, separators=(",", ":"))


def _captured(payload: Payload, mode: str, form: Form) -> dict[str, str]:
    text, encoding = _encoded(payload, form)
    return {
        "observedContentType": payload.content_type,
        "mode": mode,
        "data": text,
        "encoding": encoding,
    }


def _encoded(payload: Payload, form: Form) -> tuple[str, str]:
    """As text where the media type is listed as CSV or JSON, else in base64."""
    encoding = _listed(payload.content_type, csv=form.csv, json_types=form.json)
    if encoding is not None:
        try:
            return payload.body.decode(), encoding
        except UnicodeDecodeError:
            # A body that is not what its media type says is kept all the same.
            encoding = None
    return base64.b64encode(payload.body).decode(), "BASE64"


def _listed(content_type: str, *, csv: Collection[str], json_types: Collection[str]) -> str | None:
    media = _media(content_type)
    if media in csv:
        return "CSV"
    return "JSON" if media in json_types else None


def _media(content_type: str) -> str:
    """Without parameters: ``text/csv; charset=utf-8`` counts as ``text/csv``."""
    return content_type.partition(";")[0].strip().lower()
