"""A fault of a configuration file, and the one exception that carries all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

ABSENT: Any = object()
"""Stands for the value of a key that is not there (null is a value that a file can hold)."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a configuration file.

    Attributes:
        file: path of the file, as the user would type it.
        key: dotted path of the key, such as ``tuning.max_jobs``; empty for the whole file.
        problem: what is wrong, as the end of a sentence that the key begins.
        allowed: what may stand there, or what to do next; empty when the problem says it.
        value: the value found, or ABSENT.
    """

    file: str
    key: str
    problem: str
    allowed: str = ""
    value: Any = ABSENT

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}" if self.key else self.file
        found = "" if self.value is ABSENT else f" = {shorten(self.value)}"
        allowed = f" (allowed: {self.allowed})" if self.allowed else ""
        return f"{place}{found}: {self.problem}{allowed}"


class ConfigurationError(Exception):
    """The configuration cannot be used. ``faults`` holds everything that is wrong with it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        # One key can be at fault in several environments: it is said once. Values may be
        # unhashable, so the text is what is compared.
        self.faults = tuple({str(fault): fault for fault in faults}.values())
        count = len(self.faults)
        noun = "fault" if count == 1 else "faults"
        lines = [f"{count} {noun} in the configuration:", *(f"  {fault}" for fault in self.faults)]
        super().__init__("\n".join(lines))


def shorten(value: Any, limit: int = 80) -> str:
    """The value as Python would write it, cut to `limit` characters."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
