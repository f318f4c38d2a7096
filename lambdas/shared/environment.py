"""Read a function's environment variables, all faults at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

Parsed = TypeVar("Parsed")


class EnvironmentFaults(ValueError):
    """Environment variables that are missing or not of the form that the function needs."""


class EnvironmentReader:
    """Reads variables, remembers what is wrong, and says it all in `check`.

    A faulty variable reads as an empty or zero value until `check` raises. As a context manager
    it checks at the end of the block, whatever the block returns.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._faults: list[str] = []

    def __enter__(self) -> EnvironmentReader:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is None:
            self.check()

    def text(self, name: str, *, may_be_empty: bool = False) -> str:
        value = self._environ.get(name)
        if value is None:
            self._faults.append(f"{name} is not set")
        elif not value and not may_be_empty:
            self._faults.append(f"{name} is empty")
        return value or ""

    def texts(self, name: str, *, may_be_empty: bool = False) -> tuple[str, ...]:
        """Texts parted by commas; at least one, unless there may be none."""
        text = self.text(name, may_be_empty=may_be_empty)
        parts = tuple(part.strip() for part in text.split(",") if part.strip())
        if text and not parts:
            self._faults.append(f"{name}={text!r} names nothing")
        return parts

    def number(self, name: str, *, minimum: int) -> int:
        text = self.text(name)
        if not text:
            return 0
        try:
            value = int(text)
        except ValueError:
            self._faults.append(f"{name}={text!r} is not a whole number")
            return 0
        if value < minimum:
            self._faults.append(f"{name}={value} is less than {minimum}")
        return value

    def share(self, name: str) -> float:
        """A number from 0 to 1."""
        text = self.text(name)
        if not text:
            return 0.0
        try:
            value = float(text)
        except ValueError:
            self._faults.append(f"{name}={text!r} is not a number")
            return 0.0
        if not 0 <= value <= 1:
            self._faults.append(f"{name}={text} is not from 0 to 1")
        return value

    def parsed(self, name: str, parse: Callable[[str], Parsed], *, instead: Parsed) -> Parsed:
        """What `parse` makes of a variable; it raises ValueError for what it cannot read.

        Args:
            instead: stands for a faulty variable until `check` raises.
        """
        text = self.text(name)
        if not text:
            return instead
        try:
            return parse(text)
        except ValueError as error:
            self._faults.append(f"{name}: {error}")
            return instead

    def check(self) -> None:
        """Raises EnvironmentFaults with every fault met so far."""
        if self._faults:
            raise EnvironmentFaults(
                "the function's environment is wrong: " + "; ".join(self._faults)
            )
