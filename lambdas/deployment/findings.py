"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Findings:
    """Attributes:
    faults: for which a deployment could not succeed, one phrase each.
    notes: for people; they refuse nothing.
    """

    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: Findings) -> Findings:
        return Findings(self.faults + other.faults, self.notes + other.notes)


def fault(text: str) -> Findings:
    """One fault."""
    return Findings(faults=(text,))


def note(text: str) -> Findings:
    """One note."""
    return Findings(notes=(text,))
