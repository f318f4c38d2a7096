"""What a request to sagemaker-runtime says, by the members of botocore's shapes."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from local_cloud.json_api.validation import ApiModel
from local_cloud.sagemaker import validation

MODEL = ApiModel("sagemaker-runtime", title="SageMaker Runtime")

Place = tuple[str, str, str]
"""Header in small letters, member and kind of a member that travels in a header."""


def members(action: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """The members that travel in headers, which may be spelt in any case; numbers as numbers."""
    return _in_headers(_places(action, "input_shape"), headers)


def check_answer(action: str, headers: Mapping[str, str], content: object) -> None:
    """As :func:`validation.check_answer`; what a container answered is its own."""
    if os.environ.get(validation.CHECK_ANSWERS) != "1":
        return
    shape: Any = MODEL.operation(action).output_shape
    answer = _in_headers(_places(action, "output_shape"), headers)
    payload = shape.serialization.get("payload")
    if payload is None:
        answer |= json.loads(str(content, "utf-8") if isinstance(content, bytes) else "{}")
    else:
        answer[payload] = "" if shape.members[payload].type_name == "blob" else {}
    validation.tell_wrong_answer(action, MODEL.answer_faults(action, answer))


def faults(action: str, endpoint: str, said: Mapping[str, Any]) -> list[str]:
    """Every constraint that the members of headers and the endpoint's name break."""
    return _faults(action, endpoint, tuple(said.items()))


@functools.lru_cache(1024)
def _faults(action: str, endpoint: str, said: tuple[tuple[str, Any], ...]) -> list[str]:
    # Most requests to an endpoint are alike but for their bodies, which are looked at elsewhere.
    return MODEL.faults(action, {"EndpointName": endpoint, "Body": "", **dict(said)})


def _in_headers(places: Iterable[Place], headers: Mapping[str, str]) -> dict[str, Any]:
    given = {name.lower(): value for name, value in headers.items()}
    return {
        member: _typed(kind, given[header]) for header, member, kind in places if header in given
    }


@functools.cache
def _places(action: str, which: str) -> tuple[Place, ...]:
    shape: Any = getattr(MODEL.operation(action), which)
    return tuple(
        (described.serialization["name"].lower(), member, described.type_name)
        for member, described in shape.members.items()
        if described.serialization.get("location") == "header"
    )


def _typed(kind: str, text: str) -> Any:
    return int(text) if kind == "integer" and text.lstrip("-").isdigit() else text
