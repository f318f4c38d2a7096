"""Messages of the encoding ``application/vnd.amazon.eventstream``.

Format: "Event stream encoding" in the Amazon Transcribe developer guide: lengths, a checksum of
them, headers, payload, and a checksum of all; numbers are big-endian.
"""

from __future__ import annotations

import json
import struct
from binascii import crc32
from collections.abc import Mapping
from typing import Any

MEDIA_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7
"""The type of a header whose value is text."""
_WITHOUT_CONTENT = 16
"""Bytes of a message besides its headers and its payload."""


def event(name: str, payload: bytes) -> bytes:
    """An event whose member of type blob is the payload."""
    headers = {
        ":message-type": "event",
        ":event-type": name,
        ":content-type": "application/octet-stream",
    }
    return _message(headers, payload)


def exception(name: str, content: Mapping[str, Any]) -> bytes:
    """An error that ends the stream."""
    headers = {
        ":message-type": "exception",
        ":exception-type": name,
        ":content-type": "application/json",
    }
    return _message(headers, json.dumps(content).encode())


def _message(headers: Mapping[str, str], payload: bytes) -> bytes:
    head = b"".join(_header(name.encode(), value.encode()) for name, value in headers.items())
    lengths = struct.pack("!II", _WITHOUT_CONTENT + len(head) + len(payload), len(head))
    prelude = lengths + struct.pack("!I", crc32(lengths))
    message = prelude + head + payload
    return message + struct.pack("!I", crc32(message))


def _header(name: bytes, value: bytes) -> bytes:
    return struct.pack("!B", len(name)) + name + struct.pack("!BH", _STRING, len(value)) + value
