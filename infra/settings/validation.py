"""From pydantic's errors to faults that name file, key, value and what is allowed."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from infra.settings.faults import ABSENT, Fault
from infra.settings.model import FAULTS_BETWEEN_FIELDS, fields_by_key

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]

_TAGS = ("type", "kind")
"""Keys that say which of several models a mapping is."""


def validate(model: type[Model], content: Mapping[str, Any], file: str) -> Model | list[Fault]:
    """The settings that a file's content describes, or everything that is wrong with it."""
    try:
        return model.model_validate(dict(content))
    except ValidationError as error:
        return [fault for detail in error.errors() for fault in _faults(model, detail, file)]


def unknown_key(file: str, key: str, known: Iterable[str], value: Any = ABSENT) -> Fault:
    """The fault of a key (dotted path) that is not among the `known` last parts."""
    names = sorted(known)
    near = difflib.get_close_matches(key.rpartition(".")[2], names, n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    return Fault(file, key, f"is not a known key{hint}", ", ".join(names), value)


@dataclass(frozen=True)
class _Place:
    """Where an error is: its dotted key, and what the models say of it."""

    key: str
    allowed: str
    siblings: tuple[str, ...]


def _faults(model: type[BaseModel], detail: ErrorDetails, file: str) -> list[Fault]:
    place = _place(model, detail["loc"])
    kind = detail["type"]
    if kind == FAULTS_BETWEEN_FIELDS:
        prefix = f"{place.key}." if place.key else ""
        return [
            Fault(file, prefix + found.key, found.problem, found.allowed, found.value)
            for found in detail["ctx"]["faults"]
        ]
    if kind == "extra_forbidden":
        return [unknown_key(file, place.key, place.siblings, detail["input"])]
    if kind == "missing":
        return [Fault(file, place.key, "is missing", place.allowed)]
    if kind == "union_tag_not_found":
        key = detail["ctx"]["discriminator"].strip("'")
        return [Fault(file, f"{place.key}.{key}", "is missing", place.allowed)]
    if kind == "union_tag_invalid":
        tag = detail["ctx"]["discriminator"].strip("'")
        allowed = detail["ctx"]["expected_tags"].replace("'", "")
        problem = f"is none of the {tag}s"
        return [Fault(file, f"{place.key}.{tag}", problem, allowed, detail["ctx"]["tag"])]
    return [Fault(file, place.key, _problem(detail), place.allowed, detail["input"])]


def _problem(detail: ErrorDetails) -> str:
    message = detail["msg"]
    if detail["type"] == "value_error":
        return message.removeprefix("Value error, ")
    if detail["type"] == "string_pattern_mismatch":
        return "has not the form that is allowed"
    if message.startswith("Input should"):
        return message.replace("Input should", "should", 1)
    return message[0].lower() + message[1:]


def _place(model: type[BaseModel], location: Location) -> _Place:
    """Follow an error's location through the models.

    Pydantic adds parts to a location that are in no file: the tag of a discriminated union and
    the names of a plain union's members. They are left out of the key.
    """
    current: Any = model
    keys: list[str] = []
    allowed = ""
    siblings: tuple[str, ...] = ()
    for part in location:
        if part == "[key]":
            continue
        tagged = _union_member(current, part)
        if tagged is not None:
            current = tagged
            continue
        inner = _plain(current)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            fields = fields_by_key(inner)
            siblings = tuple(key for key in fields if key != "name")
            keys.append(str(part))
            info = fields.get(str(part))
            if info is None:
                current = None
                continue
            allowed = info.description or ""
            current = info.annotation
        elif get_origin(inner) in (dict, tuple):
            keys.append(str(part))
            arguments = get_args(inner)
            current = arguments[1] if get_origin(inner) is dict else arguments[0]
    return _Place(".".join(keys), allowed, siblings)


def _plain(annotation: Any) -> Any:
    """The annotation without Annotated, and without None in a union."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    members = _members(annotation)
    return _plain(members[0]) if len(members) == 1 else annotation


def _members(annotation: Any) -> list[Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        return [member for member in get_args(annotation) if member is not type(None)]
    return []


def _words(model: type[BaseModel], tag: str) -> tuple[Any, ...]:
    field = model.model_fields.get(tag)
    return get_args(field.annotation) if field else ()


def _union_member(annotation: Any, part: int | str) -> Any | None:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    for member in _members(annotation):
        member_type = _plain(member)
        if not isinstance(member_type, type):
            continue
        if not issubclass(member_type, BaseModel):
            if part == member_type.__name__:
                return member_type
            continue
        if any(part in _words(member_type, tag) for tag in _TAGS):
            return member_type
    return None
