"""Keeps the rows that cannot be used: `bad-rows.csv`, with the reason for each fault."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from shared.tables.rows import Fault

FILE = "bad-rows.csv"
COLUMNS = ("file", "line", "column", "value", "reason", "row")
_EXAMPLES = 3


class BadRows:
    """A file of faults, each with the whole row as its delivery had it.

    Attributes:
        count: rows put aside.
        reasons: how often each column had each fault.
        examples: the first few, as sentences.
    """

    def __init__(self, folder: Path, *, name: str = FILE) -> None:
        self._path = folder / name
        self._file: io.TextIOWrapper | None = None
        self.count = 0
        self.reasons: Counter[str] = Counter()
        self.examples: list[str] = []

    def __enter__(self) -> BadRows:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, key: str, line: int, row: str, faults: Sequence[Fault]) -> None:
        """Keep a row: all its faults, and itself as CSV."""
        writer = csv.writer(self._open(), lineterminator="\n")
        for fault in faults:
            writer.writerow((key, line, fault.column, fault.value, fault.reason, row))
            named = f"{fault.column}: {fault.reason}" if fault.column else fault.reason
            self.reasons[named] += 1
            if len(self.examples) < _EXAMPLES:
                shown = f"{fault.column} {fault.value[:40]!r} " if fault.column else ""
                self.examples.append(f"{key} line {line}: {shown}{fault.reason}")
        self.count += 1

    def _open(self) -> io.TextIOWrapper:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("w", encoding="utf-8", newline="")
            csv.writer(self._file, lineterminator="\n").writerow(COLUMNS)
        return self._file
