"""Whether a request can have changed anything, in each of the forms that AWS's APIs have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

_READS = (
    "Get",
    "List",
    "Describe",
    "Head",
    "BatchGet",
    "Query",
    "Scan",
    "Select",
    "Search",
    "Lookup",
    "Simulate",
    "Filter",
    "Test",
)
_TELLS = ("PutMetricData", "PutLogEvents")
"""What comes all the time and is worth little each."""


def may_change(
    method: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
) -> bool:
    """False for a read, by the action's name and in REST APIs by the method, and for data points
    and lines of logs."""
    if method in ("GET", "HEAD", "OPTIONS") and "Action" not in query:
        return False
    action = _action(headers, body, query)
    # What has no action is a REST API's POST, PUT, PATCH or DELETE.
    return not action.startswith(_READS) and action not in _TELLS


def _action(headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]) -> str:
    target = headers.get("x-amz-target", "")
    if target:
        return target.rpartition(".")[2]
    if "Action" in query:
        named = query["Action"]
        return str(named[0] if isinstance(named, list) else named)
    if "x-www-form-urlencoded" in headers.get("content-type", ""):
        return parse_qs(body.decode(errors="replace")).get("Action", [""])[0]
    return ""
