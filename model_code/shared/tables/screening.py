"""Looks at every row of a dataset: good ones to the index, the others to quarantine."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from contracts.table_schema import TableSchema
from shared.quarantine import Quarantine
from shared.tables import csv_files
from shared.tables.bad_rows import BadRows
from shared.tables.csv_files import NotCsvError
from shared.tables.row_index import RowIndex, Stored
from shared.tables.rows import Checker, Fault, Row

_EXAMPLES = 5


@dataclass
class Screening:
    """Puts each row of each file where it belongs.

    Attributes:
        read: rows seen, in files that are CSV.
        contradicting: rows whose features stand with another label as well.
        contradictions: some of them, as sentences.
    """

    schema: TableSchema
    index: RowIndex
    bad_rows: BadRows
    quarantine: Quarantine
    read: int = 0
    contradicting: int = 0
    contradictions: tuple[str, ...] = ()

    def look_at(self, number: int, key: str, path: Path) -> None:
        """Screen one file. It is read twice, so that a damaged one leaves no row behind."""
        try:
            self._check_whole(path)
        except NotCsvError as error:
            self.quarantine.add_file(key, path, str(error))
            return
        with csv_files.lines(path, self.schema) as lines:
            self.index.add(self._good(number, key, lines))

    def _check_whole(self, path: Path) -> None:
        """Raises NotCsvError."""
        width = len(self.schema.columns)
        rows = fitting = 0
        with csv_files.lines(path, self.schema) as lines:
            for _, fields in lines:
                rows += 1
                fitting += len(fields) == width
        if not rows:
            raise NotCsvError("it holds no row")
        if not fitting:
            separator = repr(self.schema.delimiter)
            raise NotCsvError(
                f"none of its {rows} rows has the {width} fields of the schema, separated by "
                f"{separator}"
            )

    def _good(
        self, number: int, key: str, lines: Iterator[csv_files.Line]
    ) -> Iterator[tuple[int, int, Row]]:
        checker = Checker(self.schema)
        for line, fields in lines:
            self.read += 1
            found = checker.check(fields)
            if isinstance(found, Row):
                yield number, line, found
            else:
                row = _as_csv(fields, self.schema.delimiter)
                self.bad_rows.add(key, line, row, found)

    def find_contradictions(self, keys: Sequence[str]) -> None:
        """After repeated rows are dropped: features that stand with several labels."""
        examples: list[str] = []
        for rows in self._contradicting():
            self.contradicting += len(rows)
            if len(examples) < _EXAMPLES:
                places = ", ".join(
                    f"{keys[row.file]} line {row.line} {row.label!r}" for row in rows
                )
                examples.append(places)
        self.contradictions = tuple(examples)

    def put_contradictions_aside(self, keys: Sequence[str]) -> None:
        """Copy them to the bad rows: only a person can say which label is right."""
        label = self.schema.label
        for rows in self._contradicting():
            labels = ", ".join(row.label for row in rows)
            for row in rows:
                reason = f"the same features stand with the labels {labels}"
                fault = Fault(column=label, value=row.label, reason=reason)
                content = f"{row.features},{row.label}"
                self.bad_rows.add(keys[row.file], row.line, content, [fault])

    def _contradicting(self) -> Iterator[list[Stored]]:
        for _, found in groupby(self.index.rows(), key=attrgetter("mark")):
            rows = list(found)
            if len(rows) > 1:
                yield rows


def _as_csv(fields: Sequence[str], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(fields)
    return text.getvalue().removesuffix("\n")
