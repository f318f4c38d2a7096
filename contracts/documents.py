"""Frozen dataclasses as JSON documents, and back with every fault named.

Members are texts, numbers, booleans, null, tuples of these (arrays) and further dataclasses
(objects). What is None is left out, and what is left out has the dataclass's default.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

Document = TypeVar("Document")

_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


class DocumentError(ValueError):
    """A document that is not of its dataclass's form.

    Attributes:
        faults: every fault found, each with the dotted name of its member.
    """

    def __init__(self, what: str, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"{what} is not valid: {'; '.join(faults)}")


def to_document(value: Any) -> Any:
    """What `json.dumps` takes, for a dataclass, a tuple or a plain value."""
    if is_dataclass(value) and not isinstance(value, type):
        members = {field.name: getattr(value, field.name) for field in fields(value)}
        return {name: to_document(each) for name, each in members.items() if each is not None}
    if isinstance(value, tuple):
        return [to_document(each) for each in value]
    return value


def from_document(form: type[Document], document: Any, *, what: str) -> Document:
    """The dataclass `form` that a document describes.

    Args:
        what: the document, for people.

    Raises:
        DocumentError: all that is wrong with it.
    """
    faults: list[str] = []
    value = _read(form, document, "", faults)
    if faults:
        raise DocumentError(what, faults)
    return value  # type: ignore[no-any-return]  # there is no fault, so it is of the form


def _read(form: Any, value: Any, place: str, faults: list[str]) -> Any:
    options = get_args(form) if get_origin(form) in (Union, types.UnionType) else (form,)
    if value is None and type(None) in options:
        return None
    plain = next(option for option in options if option is not type(None))
    if is_dataclass(plain):
        return _read_object(plain, value, place, faults)
    if get_origin(plain) is tuple:
        return _read_array(get_args(plain)[0], value, place, faults)
    if get_origin(plain) is Literal:
        if value not in get_args(plain):
            allowed = ", ".join(map(str, get_args(plain)))
            faults.append(f"{place} is {value!r}, none of {allowed}")
        return value
    accepted: tuple[type, ...] = (int, float) if plain is float else (plain,)
    if not isinstance(value, accepted) or (isinstance(value, bool) and plain is not bool):
        faults.append(f"{place} is {value!r}, not {_NAMES[plain]}")
    return value


def _read_array(form: Any, value: Any, place: str, faults: list[str]) -> tuple[Any, ...]:
    if not isinstance(value, list):
        faults.append(f"{place} is {value!r}, not an array")
        return ()
    return tuple(_read(form, each, f"{place}.{index}", faults) for index, each in enumerate(value))


def _read_object(form: Any, value: Any, place: str, faults: list[str]) -> Any:
    if not isinstance(value, Mapping):
        faults.append(f"{place or 'it'} is {value!r}, not an object")
        return None
    hints, before = get_type_hints(form), len(faults)
    prefix = f"{place}." if place else ""
    known = {field.name: field for field in fields(form)}
    faults += [f"{prefix}{name} is not known" for name in value if name not in known]
    faults += [
        f"{prefix}{name} is missing"
        for name, field in known.items()
        if name not in value and field.default is MISSING and field.default_factory is MISSING
    ]
    members = {
        name: _read(hints[name], value[name], f"{prefix}{name}", faults)
        for name in known
        if name in value
    }
    return form(**members) if len(faults) == before else None
