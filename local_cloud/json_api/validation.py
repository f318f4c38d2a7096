"""Requests checked against botocore's model of a service, in AWS's words.

botocore's own ParamValidator checks neither enums nor patterns nor maximum lengths; AWS does.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
import regex
from botocore.model import OperationModel, ServiceModel, Shape

from local_cloud.sagemaker.errors import ApiError, ValidationException

NUMBERS = {"integer", "long", "float", "double"}


class ApiModel:
    """botocore's model of one service's API; ``title`` is what errors call the service."""

    def __init__(self, service: str, *, title: str) -> None:
        self._service = service
        self._title = title

    @functools.cached_property
    def shapes(self) -> ServiceModel:
        model: ServiceModel = botocore.session.get_session().get_service_model(self._service)
        return model

    def operation(self, action: str) -> OperationModel:
        """Raises ApiError (UnknownOperationException) for an action that AWS does not have."""
        if action not in self.shapes.operation_names:
            raise ApiError("UnknownOperationException", f"{self._title} has no action {action}.")
        model: OperationModel = self.shapes.operation_model(action)
        return model

    def faults(self, action: str, request: Mapping[str, Any]) -> list[str]:
        """Every fault of the request. Raises as :meth:`operation` does."""
        shape = self.operation(action).input_shape
        return [] if shape is None else list(_faults(shape, request, ""))

    def validate(self, action: str, request: Mapping[str, Any]) -> None:
        """Raises ValidationException that names every fault of the request."""
        faults = self.faults(action, request)
        if faults:
            noun = "error" if len(faults) == 1 else "errors"
            raise ValidationException(
                f"{len(faults)} validation {noun} detected: {'; '.join(faults)}"
            )


def _faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        yield from _structure_faults(shape, value, path)
    elif shape.type_name == "list":
        yield from _list_faults(shape, value, path)
    elif shape.type_name == "map":
        yield from _map_faults(shape, value, path)
    elif shape.type_name == "string":
        yield from _string_faults(shape, value, path)
    elif shape.type_name in NUMBERS:
        yield from _number_faults(shape, value, path)
    elif shape.type_name == "timestamp" and (
        isinstance(value, bool) or not isinstance(value, int | float)
    ):
        yield _wrong_type(value, path, "a time in seconds since 1970-01-01T00:00:00Z")
    elif shape.type_name == "boolean" and not isinstance(value, bool):
        yield _wrong_type(value, path, "a boolean")


def _structure_faults(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield _wrong_type(value, path, "an object")
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield _constraint(None, _join(path, name), "Member must not be null")
    for name, member in value.items():
        if name not in shape.members:
            allowed = ", ".join(sorted(shape.members))
            yield f"Unknown member '{_join(path, name)}' (members there are: {allowed})"
        elif member is not None:
            yield from _faults(shape.members[name], member, _join(path, name))


def _list_faults(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield _wrong_type(value, path, "a list")
        return
    yield from _size_faults(shape, value, len(value), path)
    for index, item in enumerate(value, start=1):
        yield from _faults(shape.member, item, f"{path}.{index}.member")


def _map_faults(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield _wrong_type(value, path, "an object")
        return
    yield from _size_faults(shape, value, len(value), path)
    for key, item in value.items():
        yield from _faults(shape.key, key, path)
        yield from _faults(shape.value, item, f"{path}.{key}.member")


def _string_faults(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield _wrong_type(value, path, "a string")
        return
    yield from _size_faults(shape, value, len(value), path)
    pattern = shape.metadata.get("pattern")
    if pattern and not _matches(pattern, value):
        constraint = f"Member must satisfy regular expression pattern: {pattern}"
        yield _constraint(value, path, constraint)
    if shape.enum and value not in shape.enum:
        allowed = ", ".join(shape.enum)
        yield _constraint(value, path, f"Member must satisfy enum value set: [{allowed}]")


def _number_faults(shape: Any, value: Any, path: str) -> Iterator[str]:
    kinds = (int,) if shape.type_name in {"integer", "long"} else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        yield _wrong_type(value, path, "a whole number" if kinds == (int,) else "a number")
        return
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield _constraint(value, path, f"Member must have value greater than or equal to {low}")
    if high is not None and value > high:
        yield _constraint(value, path, f"Member must have value less than or equal to {high}")


def _size_faults(shape: Any, value: Any, size: int, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield _constraint(value, path, f"Member must have length greater than or equal to {low}")
    if high is not None and size > high:
        yield _constraint(value, path, f"Member must have length less than or equal to {high}")


@functools.cache
def _compiled(pattern: str) -> regex.Pattern[str]:
    # AWS's patterns are Java's: they use Unicode classes, and surrogate pairs for the rest.
    pairs = r"\uD800\uDC00-\uDBFF\uDFFF"
    return regex.compile(pattern.replace(pairs, r"\U00010000-\U0010FFFF"))


def _matches(pattern: str, value: str) -> bool:
    return _compiled(pattern).fullmatch(value) is not None


def _constraint(value: Any, path: str, constraint: str) -> str:
    found = "null" if value is None else value
    return f"Value '{found}' at '{path}' failed to satisfy constraint: {constraint}"


def _wrong_type(value: Any, path: str, wanted: str) -> str:
    return f"Value '{value}' at '{path}' must be {wanted}"


def _join(path: str, name: str) -> str:
    """AWS spells the path of a member in lower camel case."""
    camel = name[0].lower() + name[1:]
    return f"{path}.{camel}" if path else camel
