"""What a request to sagemaker-runtime says, by the members of botocore's shapes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from local_cloud.json_api.validation import ApiModel
from local_cloud.sagemaker import validation

MODEL = ApiModel("sagemaker-runtime", title="SageMaker Runtime")


def members(action: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """The members that travel in headers, which may be spelt in any case; numbers as numbers."""
    return _in_headers(MODEL.operation(action).input_shape, headers)


def check_answer(action: str, headers: Mapping[str, str], content: object) -> None:
    """As :func:`validation.check_answer`; what a container answered is its own."""
    if os.environ.get(validation.CHECK_ANSWERS) != "1":
        return
    shape: Any = MODEL.operation(action).output_shape
    answer = _in_headers(shape, headers)
    payload = shape.serialization.get("payload")
    if payload is None:
        answer |= json.loads(str(content, "utf-8") if isinstance(content, bytes) else "{}")
    else:
        answer[payload] = "" if shape.members[payload].type_name == "blob" else {}
    validation.tell_wrong_answer(action, MODEL.answer_faults(action, answer))


def _in_headers(shape: Any, headers: Mapping[str, str]) -> dict[str, Any]:
    given = {name.lower(): value for name, value in headers.items()}
    found: dict[str, Any] = {}
    for member, described in shape.members.items():
        place = described.serialization
        if place.get("location") == "header" and place["name"].lower() in given:
            found[member] = _typed(described.type_name, given[place["name"].lower()])
    return found


def _typed(kind: str, text: str) -> Any:
    return int(text) if kind == "integer" and text.lstrip("-").isdigit() else text
