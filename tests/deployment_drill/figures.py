"""The figures of the drills: gathered by the tests, shown as one table at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        wanted: what the value has to be; empty where it is only told.
        holds: whether it is that; None where it is only told.
    """

    drill: str
    what: str
    value: str
    wanted: str
    holds: bool | None


@dataclass
class Figures:
    """In the order in which they were found."""

    found: list[Figure] = field(default_factory=list)

    def tell(self, drill: str, what: str, value: object) -> None:
        """A figure that nothing is asked of."""
        self.found.append(Figure(drill, what, str(value), "", None))

    def hold(self, drill: str, what: str, value: object, wanted: str, *, holds: bool) -> None:
        """A figure that has to hold: it is in the table whether it does or not.

        Raises AssertionError at the end of the drill only, by `check`.
        """
        self.found.append(Figure(drill, what, str(value), wanted, holds))

    def check(self, drill: str) -> None:
        """Raises AssertionError with each of the drill's figures that does not hold."""
        missed = [
            f"{one.what}: {one.value}, wanted is {one.wanted}"
            for one in self.found
            if one.drill == drill and one.holds is False
        ]
        assert not missed, f"{drill}: " + "; ".join(missed)

    def table(self) -> str:
        """As Markdown, its columns aligned."""
        rows = [("drill", "figure", "measured", "wanted", "")]
        last = ""
        for one in self.found:
            holds = {True: "holds", False: "NOT MET", None: ""}[one.holds]
            rows.append(
                (one.drill if one.drill != last else "", one.what, one.value, one.wanted, holds)
            )
            last = one.drill
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = [_line(row, widths) for row in rows]
        lines.insert(1, _line(["-" * width for width in widths], widths))
        return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"
