"""Paths of members, in botocore's shapes and in requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def of_shape(shape: Any) -> dict[str, Any]:
    """Path -> shape of every member of an input shape, in botocore's order."""
    return dict(_members(shape, "", frozenset()))


def _members(shape: Any, path: str, above: frozenset[str]) -> Iterator[tuple[str, Any]]:
    if shape.type_name == "structure" and shape.name not in above:
        for name, member in shape.members.items():
            own = f"{path}.{name}" if path else name
            yield own, member
            yield from _members(member, own, above | {shape.name})
    elif shape.type_name == "list":
        yield from _members(shape.member, f"{path}[]", above)
    elif shape.type_name == "map":
        yield from _members(shape.value, f"{path}{{}}", above)


def parent(path: str) -> str | None:
    """The path of the member that this one lies in; None for one of the request itself."""
    head, _, _ = path.rpartition(".")
    return head.removesuffix("[]").removesuffix("{}") or None


def in_request(request: Any, path: str) -> Iterator[tuple[str, Any]]:
    """What the request has at a path: each value with its own place, whose lists are counted
    from 0 (``InputDataConfig[0].InputMode``)."""
    yield from _found(request, path.split("."), "")


def _found(value: Any, steps: list[str], place: str) -> Iterator[tuple[str, Any]]:
    if not steps:
        yield place, value
        return
    name = steps[0].removesuffix("[]").removesuffix("{}")
    if not isinstance(value, Mapping) or name not in value:
        return
    own = f"{place}.{name}" if place else name
    inner = value[name]
    if steps[0].endswith("[]"):
        for position, item in enumerate(inner):
            yield from _found(item, steps[1:], f"{own}[{position}]")
    elif steps[0].endswith("{}"):
        for key, item in inner.items():
            yield from _found(item, steps[1:], f"{own}.{key}")
    else:
        yield from _found(inner, steps[1:], own)
