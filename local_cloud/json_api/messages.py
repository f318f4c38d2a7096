"""Bodies of AWS's JSON 1.1 protocol."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local_cloud.json_api.errors import ApiError

Request = Mapping[str, Any]
Response = dict[str, Any]
JSON = {"Content-Type": "application/x-amz-json-1.1"}


def parse(body: bytes) -> dict[str, Any]:
    """The request; raises ApiError (SerializationException)."""
    try:
        request = json.loads(body or b"{}")
    except ValueError as error:
        raise ApiError("SerializationException", f"The body is not JSON: {error}") from error
    if not isinstance(request, dict):
        raise ApiError("SerializationException", "The body is not a JSON object.")
    return {name: _without_nulls(value) for name, value in request.items() if value is not None}


def _without_nulls(value: Any) -> Any:
    """To AWS a member that is null is a member that is not there."""
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def error_body(error: ApiError) -> bytes:
    return json.dumps({"__type": error.code, "message": error.message}).encode()
