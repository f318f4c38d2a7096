"""JSON values that are not of the type that a member has: SerializationException, in the words
of AWS's services where they are known, each with the member's place behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_NUMBERS = {"integer": "an Integer", "long": "a Long", "float": "a Float", "double": "a Double"}
_SCALARS = {
    **_NUMBERS,
    "string": "a String",
    "blob": "a ByteBuffer",
    "boolean": "a Boolean",
    "timestamp": "milliseconds since epoch",
}
_COLLECTIONS = {"structure": "structure or map", "map": "structure or map", "list": "list"}


def wrong_types(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """Every value below ``value`` whose JSON type its botocore shape does not take. What the
    shape does not know, and null, is of no type."""
    if value is None:
        return
    kind = shape.type_name
    if not _fits(kind, value):
        yield f"{_sentence(kind, value)} (at '{path}')" if path else _sentence(kind, value)
    elif kind == "structure":
        for name, member in value.items():
            if name in shape.members:
                yield from wrong_types(shape.members[name], member, join(path, name))
    elif kind == "list":
        for index, item in enumerate(value, start=1):
            yield from wrong_types(shape.member, item, f"{path}.{index}.member")
    elif kind == "map":
        for key, item in value.items():
            yield from wrong_types(shape.value, item, f"{path}.{key}.member")


def join(path: str, name: str) -> str:
    """AWS spells the path of a member in lower camel case."""
    camel = name[0].lower() + name[1:]
    return f"{path}.{camel}" if path else camel


def _fits(kind: str, value: Any) -> bool:
    if kind in ("structure", "map"):
        return isinstance(value, Mapping)
    if kind == "list":
        return isinstance(value, list)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("integer", "long"):
        return isinstance(value, int) and not isinstance(value, bool)
    if kind in ("float", "double", "timestamp"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _sentence(kind: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return "Start of structure or map found where not expected."
    if isinstance(value, list):
        return "Start of list found where not expected."
    if kind in _COLLECTIONS:
        return f"Expected {_COLLECTIONS[kind]} or null"
    return f"{_token(value)} can not be converted to {_SCALARS[kind]}"


def _token(value: Any) -> str:
    """What AWS's parser calls the value."""
    if isinstance(value, bool):
        return f"{str(value).upper()}_VALUE"
    return "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"
