"""Looks at every row of a dataset: good ones to the index, the others to quarantine."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.table_schema import TableSchema
from shared.quarantine import Quarantine
from shared.tables import csv_files
from shared.tables.bad_rows import BadRows
from shared.tables.csv_files import NotCsvError
from shared.tables.found import Found
from shared.tables.row_index import RowIndex
from shared.tables.rows import Checker, Row


@dataclass
class Screening:
    """Puts each row of each file where it belongs.

    Attributes:
        read: rows seen, in files that are CSV.
    """

    schema: TableSchema
    index: RowIndex
    bad_rows: BadRows
    quarantine: Quarantine
    read: int = 0

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

    def found(self) -> Found:
        """What this host found."""
        return Found(
            read=self.read,
            bad_rows=self.bad_rows.count,
            reasons=dict(self.bad_rows.reasons),
            examples=tuple(self.bad_rows.examples),
            bad_files=tuple(self.quarantine.reasons()),
        )


def _as_csv(fields: Sequence[str], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(fields)
    return text.getvalue().removesuffix("\n")
