"""The part of JSONPath that InputFilter and OutputFilter take, with the results that AWS gives.

Operators: "Supported JSONPath Operators" under "Associate Prediction Results with Input Records"
in the SageMaker developer guide: ``$``, ``.name``, ``*``, ``['a','b']``, ``[0,-1]``, ``[1:3]``.

Not a JSONPath library's: those answer a flat list of matches, which no longer says whether the
path meant one value, a row or an object (``$['id','SageMakerOutput']`` is an object of these two
keys here), and they take filters and recursive descent, which AWS refuses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_DOT = re.compile(r"\.(?P<name>\*|[^\s.\[\]'\"*?@()]+)")
_BRACKET = re.compile(r"""\.?\[(?P<inside>(?:'[^']*'|"[^"]*"|[^\]'"])*)\]""")
_NAME = re.compile(r"""\s*(?:'([^']*)'|"([^"]*)")\s*""")
_INDEX = re.compile(r"\s*(-?\d+)\s*")
_SLICE = re.compile(r"\s*(-?\d*)\s*:\s*(-?\d*)\s*")

ALLOWED = "$, .name, *, ['name','name'], [0,-1], [start:end]"


class JsonPathError(ValueError):
    """The expression is none of those that AWS takes."""


class NoMatchError(ValueError):
    """A value does not have what the path selects."""


@dataclass(frozen=True)
class Names:
    """One key of an object, or several."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Items:
    """Indexes and slices of a list."""

    places: tuple[int | slice, ...]


@dataclass(frozen=True)
class Every:
    """All values of an object or a list."""


Step = Names | Items | Every


@dataclass(frozen=True)
class JsonPath:
    expression: str
    steps: tuple[Step, ...]

    @property
    def selects_all(self) -> bool:
        return not self.steps

    def select(self, value: Any) -> Any:
        """The value at a path to one place; an object of the keys where the path ends in
        several names; else the list of all values found. Raises NoMatchError."""
        return _select(self.steps, value)


def parse(expression: str) -> JsonPath:
    """An empty expression selects everything, as on AWS. Raises JsonPathError."""
    if not expression:
        return JsonPath("$", ())
    if not expression.startswith("$"):
        raise JsonPathError(f"{expression!r} must begin with $; the operators are {ALLOWED}")
    steps: list[Step] = []
    position = 1
    while position < len(expression):
        match = _BRACKET.match(expression, position) or _DOT.match(expression, position)
        if match is None:
            raise JsonPathError(
                f"{expression!r} cannot be read from {expression[position:]!r} on; "
                f"the operators are {ALLOWED}"
            )
        steps.append(_step(expression, match))
        position = match.end()
    return JsonPath(expression, tuple(steps))


def _step(expression: str, match: re.Match[str]) -> Step:
    parts = match.groupdict()
    if "name" in parts:
        return Every() if parts["name"] == "*" else Names((parts["name"],))
    inside = parts["inside"]
    if inside.strip() == "*":
        return Every()
    # A comma within quotes is part of a name.
    words = re.findall(r"""(?:'[^']*'|"[^"]*"|[^,'"])+""", inside)
    names = [_NAME.fullmatch(word) for word in words]
    if words and all(names):
        return Names(tuple(name[1] or name[2] or "" for name in names if name))
    return Items(tuple(_place(expression, word) for word in words or [inside]))


def _place(expression: str, word: str) -> int | slice:
    index, span = _INDEX.fullmatch(word), _SLICE.fullmatch(word)
    if index:
        return int(index[1])
    if span:
        start, end = (int(text) if text else None for text in span.groups())
        return slice(start, end)
    raise JsonPathError(f"{expression!r}: [{word}] is none of the operators {ALLOWED}")


def _select(steps: Sequence[Step], value: Any) -> Any:
    if not steps:
        return value
    head, rest = steps[0], steps[1:]
    if isinstance(head, Names) and len(head.names) == 1:
        return _select(rest, _member(value, head.names[0]))
    if isinstance(head, Names) and not rest:
        return {name: _member(value, name) for name in head.names}
    if _one(head) and isinstance(head, Items):
        return _select(rest, _items(value, head)[0])
    found: list[Any] = []
    for one in _several(value, head):
        selected = _select(rest, one)
        # Lists of lists of matches are one list of matches.
        if all(_one(step) for step in rest):
            found.append(selected)
        else:
            found.extend(selected)
    return found


def _one(step: Step) -> bool:
    """Whether the step leads to one value."""
    if isinstance(step, Names):
        return len(step.names) == 1
    return isinstance(step, Items) and len(step.places) == 1 and isinstance(step.places[0], int)


def _several(value: Any, step: Step) -> list[Any]:
    if isinstance(step, Names):
        return [_member(value, name) for name in step.names]
    if isinstance(step, Items):
        return _items(value, step)
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list):
        return value
    raise NoMatchError("* selects from an object or a list, and this is neither")


def _member(value: Any, name: str) -> Any:
    if not isinstance(value, Mapping):
        raise NoMatchError(f"there is no object to take {name!r} from")
    if name not in value:
        raise NoMatchError(f"there is no {name!r}; there are {', '.join(map(repr, value))}")
    return value[name]


def _items(value: Any, step: Items) -> list[Any]:
    if not isinstance(value, list):
        raise NoMatchError("there is no list to take items from")
    found: list[Any] = []
    for place in step.places:
        if isinstance(place, slice):
            found.extend(value[place])
        elif -len(value) <= place < len(value):
            found.append(value[place])
        else:
            raise NoMatchError(f"index {place} is outside of the {len(value)} there are")
    return found
