"""Requests and answers as SageMaker's data capture writes them, one JSON object a line.

Source: "Capture data from real-time endpoint" in the Amazon SageMaker developer guide. Files lie
at `<destination>/<endpoint>/<variant>/yyyy/mm/dd/hh/<file>.jsonl`; a shadow variant's under its own
name.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class CapturedError(ValueError):
    """A line that is none of data capture's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Payload:
    """What was sent one way."""

    content_type: str
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Captured:
    """One request and its answer.

    Attributes:
        answer: None where the model gave none, or capture was told to leave it out.
    """

    request: Payload
    answer: Payload | None

    @property
    def digest(self) -> str:
        """The same for the same request, whichever variant got it."""
        return hashlib.sha256(self.request.body).hexdigest()

    @classmethod
    def parse(cls, line: str | bytes) -> Captured:
        """Read a line. Raises CapturedError."""
        try:
            document = json.loads(line)
            data = document["captureData"]
            sent, got = data["endpointInput"], data.get("endpointOutput")
            request = _payload(sent)
            answer = _payload(got) if got else None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CapturedError(f"it is no line of data capture: {error!r}") from error
        return cls(request=request, answer=answer)


def capture_prefix(base: str, endpoint: str, variant: str) -> str:
    """Where the files of a variant lie below a destination's prefix; ends with a slash."""
    beginning = f"{base.strip('/')}/" if base.strip("/") else ""
    return f"{beginning}{endpoint}/{variant}/"


def _payload(document: Mapping[str, Any]) -> Payload:
    text, encoding = document["data"], document["encoding"]
    if encoding == "BASE64":
        try:
            body = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise ValueError(f"data is not base64: {error}") from error
    else:
        body = text.encode()
    return Payload(content_type=document.get("observedContentType", ""), body=body)
