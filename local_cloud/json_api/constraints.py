"""What botocore's shapes ask of values, in AWS's words: lengths, ranges, patterns, enumerations.

botocore's own ParamValidator checks neither enums nor patterns nor maximum lengths; AWS does.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import regex

from local_cloud.json_api.serialization import join

_NUMBERS = {"integer", "long", "float", "double"}
_NOT_NULL = "Member must not be null"
Constraint = tuple[str, Callable[[Any], bool]]
"""AWS's sentence, and whether a value satisfies it."""


def faults(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """Every constraint that ``value``, whose JSON types are right, does not satisfy."""
    if shape.type_name == "structure":
        yield from _of_structure(shape, value, path)
    elif shape.type_name == "list":
        yield from _of_list(shape, value, path)
    elif shape.type_name == "map":
        yield from _of_map(shape, value, path)
    else:
        yield from _broken(_scalar(shape), value, path)


def unknown_members(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """The place of every member that the shape does not have."""
    if value is None:
        return
    if shape.type_name == "structure":
        for name, member in value.items():
            if name in shape.members:
                yield from unknown_members(shape.members[name], member, join(path, name))
            else:
                yield join(path, name)
    elif shape.type_name == "list":
        for index, item in enumerate(value, start=1):
            yield from unknown_members(shape.member, item, f"{path}.{index}.member")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from unknown_members(shape.value, item, f"{path}.{key}.member")


def _of_structure(shape: Any, value: Any, path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield _said(None, join(path, name), _NOT_NULL)
    for name, member in value.items():
        if name in shape.members and member is not None:
            yield from faults(shape.members[name], member, join(path, name))


def _of_list(shape: Any, value: Any, path: str) -> Iterator[str]:
    yield from _broken(_sizes(shape, "length"), value, path)
    if _is_scalar(shape.member):
        yield from _of_items(shape.member, value, value, path, "Member must satisfy constraint")
        return
    for index, item in enumerate(value, start=1):
        place = f"{path}.{index}.member"
        if item is None:
            yield _said(None, place, _NOT_NULL)
        else:
            yield from faults(shape.member, item, place)


def _of_map(shape: Any, value: Any, path: str) -> Iterator[str]:
    yield from _broken(_sizes(shape, "length"), value, path)
    yield from _of_items(shape.key, value, value, path, "Map keys must satisfy constraint")
    if _is_scalar(shape.value):
        items = value.values()
        yield from _of_items(shape.value, items, value, path, "Map value must satisfy constraint")
        return
    for key, item in value.items():
        yield from faults(shape.value, item, f"{path}.{key}.member")


def _of_items(shape: Any, items: Any, whole: Any, path: str, what: str) -> Iterator[str]:
    """Of scalars in a list or map AWS shows the whole and all that is asked of each."""
    asked = _scalar(shape)
    if any(item is None or not holds(item) for item in items for _, holds in asked):
        sentences = ", ".join(sentence for sentence, _ in asked)
        yield _said(whole, path, f"{what}: [{sentences}]")


def _is_scalar(shape: Any) -> bool:
    return shape.type_name not in ("structure", "list", "map")


def _broken(asked: list[Constraint], value: Any, path: str) -> Iterator[str]:
    yield from (_said(value, path, sentence) for sentence, holds in asked if not holds(value))


def _scalar(shape: Any) -> list[Constraint]:
    if shape.type_name in _NUMBERS:
        return _sizes(shape, "value")
    if shape.type_name != "string":
        return []
    asked = _sizes(shape, "length")
    pattern = shape.metadata.get("pattern")
    if pattern:
        sentence = f"Member must satisfy regular expression pattern: {pattern}"
        asked.append((sentence, functools.partial(_matches, pattern)))
    if shape.enum:
        sentence = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
        asked.append((sentence, shape.enum.__contains__))
    return asked


def _sizes(shape: Any, what: str) -> list[Constraint]:
    """``what``: "length" of texts, lists and maps, "value" of numbers."""
    size: Callable[[Any], Any] = len if what == "length" else float
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    asked: list[Constraint] = []
    if high is not None:
        sentence = f"Member must have {what} less than or equal to {high}"
        asked.append((sentence, lambda value: size(value) <= high))
    if low is not None:
        sentence = f"Member must have {what} greater than or equal to {low}"
        asked.append((sentence, lambda value: size(value) >= low))
    return asked


@functools.cache
def compiled(pattern: str) -> regex.Pattern[str]:
    """A pattern of AWS's model. They are Java's: they use Unicode classes, and surrogate pairs
    for the rest."""
    pairs = r"\uD800\uDC00-\uDBFF\uDFFF"
    return regex.compile(pattern.replace(pairs, r"\U00010000-\U0010FFFF"))


def _matches(pattern: str, value: str) -> bool:
    return compiled(pattern).fullmatch(value) is not None


def _said(value: Any, path: str, constraint: str) -> str:
    found = "null" if value is None else f"'{_shown(value)}'"
    return f"Value {found} at '{path}' failed to satisfy constraint: {constraint}"


def _shown(value: Any) -> str:
    """As Java writes it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(_shown(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)
