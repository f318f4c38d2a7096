"""Arguments of the programs: read all, then tell all faults at once."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from shared.faults import RefusedError


@dataclass(frozen=True, kw_only=True)
class Option:
    """One argument, ``--name value``.

    Attributes:
        read: the value of a text; raises ValueError for one that is not allowed.
        allowed: which values are, in words.
        default: a text that `read` takes; None makes the argument required.
        help: what it decides.
    """

    name: str
    read: Callable[[str], Any]
    allowed: str
    default: str | None = None
    help: str = ""


def integer(name: str, *, low: int, high: int, default: str | None = None, help: str) -> Option:
    """A whole number from `low` to `high`."""

    def read(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    allowed = f"a whole number from {low} to {high}"
    return Option(name=name, read=read, allowed=allowed, default=default, help=help)


def number(
    name: str,
    *,
    low: float,
    high: float,
    default: str | None = None,
    open_ends: bool = False,
    help: str,
) -> Option:
    """A number from `low` to `high`; with `open_ends`, between them."""

    def read(text: str) -> float:
        value = float(text)
        inside = low < value < high if open_ends else low <= value <= high
        if not (math.isfinite(value) and inside):
            raise ValueError(text)
        return value

    ends = f"between {low} and {high}" if open_ends else f"from {low} to {high}"
    return Option(name=name, read=read, allowed=f"a number {ends}", default=default, help=help)


def choice(name: str, values: Sequence[str], *, default: str | None = None, help: str) -> Option:
    """One of `values`."""

    def read(text: str) -> str:
        if text not in values:
            raise ValueError(text)
        return text

    allowed = f"one of {', '.join(values)}"
    return Option(name=name, read=read, allowed=allowed, default=default, help=help)


def switch(name: str, *, default: str | None = None, help: str) -> Option:
    """True or false, also as AWS's training toolkit spells it, which reads `true` as JSON and
    writes it as Python does."""

    def read(text: str) -> bool:
        if text not in ("true", "false", "True", "False"):
            raise ValueError(text)
        return text.lower() == "true"

    return Option(name=name, read=read, allowed="true or false", default=default, help=help)


def text(name: str, *, default: str | None = None, help: str) -> Option:
    """Any text but an empty one."""

    def read(value: str) -> str:
        if not value:
            raise ValueError(value)
        return value

    return Option(name=name, read=read, allowed="a text", default=default, help=help)


def parse(
    options: Sequence[Option],
    argv: Sequence[str],
    *,
    program: str,
    ignored: Sequence[str] = (),
) -> dict[str, Any]:
    """Values by option name, hyphens as underscores.

    Args:
        ignored: names whose values are not looked at.

    Raises:
        RefusedError: with each unknown, missing or wrong argument.
    """
    parser = argparse.ArgumentParser(
        prog=program, allow_abbrev=False, argument_default=argparse.SUPPRESS
    )
    for option in options:
        described = f"{option.help}; {option.allowed}"
        if option.default is not None:
            described += f"; {option.default} unless told"
        parser.add_argument(f"--{option.name}", nargs="?", const="", help=described)
    for name in ignored:
        parser.add_argument(f"--{name}", nargs="?", help=argparse.SUPPRESS)
    given, unknown = parser.parse_known_args(argv)
    known = ", ".join(f"--{option.name}" for option in options)
    faults = [f"{word}: is unknown; allowed are {known}" for word in unknown if word[:2] == "--"]
    values: dict[str, Any] = {}
    for option in options:
        attribute = option.name.replace("-", "_")
        written = getattr(given, attribute, option.default)
        if written is None:
            faults.append(f"--{option.name}: is missing; give {option.allowed}")
            continue
        try:
            values[attribute] = option.read(written)
        except ValueError:
            faults.append(f"--{option.name}: {written!r} is not allowed; give {option.allowed}")
    if faults:
        raise RefusedError(f"{program} cannot start, its arguments are wrong:", faults)
    return values


def peek(argv: Sequence[str], name: str) -> str | None:
    """The value given for an option, whatever else is wrong with the arguments."""
    for word, following in zip_longest(argv, argv[1:]):
        if word == f"--{name}":
            return following
        if word.startswith(f"--{name}="):
            return word.partition("=")[2]
    return None
