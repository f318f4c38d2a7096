"""Rows that a model cannot tell apart, with several labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from shared.tables.bad_rows import BadRows
from shared.tables.row_index import RowIndex, Stored
from shared.tables.rows import Fault

_EXAMPLES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Contradictions:
    """Attributes:
    rows: whose features stand with another label as well.
    examples: places and labels of some of them.
    """

    rows: int
    examples: tuple[str, ...]

    def too_many(self, of_rows: int, allowed: float) -> bool:
        """Whether a person must look at them; few are the noise that labels have."""
        return self.rows > allowed * of_rows


def find(index: RowIndex, keys: Sequence[str]) -> Contradictions:
    """After repeated rows are dropped."""
    count = 0
    examples: list[str] = []
    for rows in _contradicting(index):
        count += len(rows)
        if len(examples) < _EXAMPLES:
            places = (f"{keys[row.file]} line {row.line} {row.label!r}" for row in rows)
            examples.append(", ".join(places))
    return Contradictions(rows=count, examples=tuple(examples))


def put_aside(
    index: RowIndex,
    keys: Sequence[str],
    bad_rows: BadRows,
    *,
    label: str,
    owned: Callable[[int], bool],
) -> None:
    """Copy those of own files to the bad rows: only a person can say which label is right.

    Args:
        label: name of the label's column.
        owned: whether a file, by its number, is this host's.
    """
    for rows in _contradicting(index):
        labels = ", ".join(row.label for row in rows)
        for row in rows:
            if owned(row.file):
                reason = f"the same features stand with the labels {labels}"
                fault = Fault(column=label, value=row.label, reason=reason)
                content = f"{row.features},{row.label}"
                bad_rows.add(keys[row.file], row.line, content, [fault])


def _contradicting(index: RowIndex) -> Iterator[list[Stored]]:
    for _, found in groupby(index.rows(), key=attrgetter("mark")):
        rows = list(found)
        if len(rows) > 1:
            yield rows
