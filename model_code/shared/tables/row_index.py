"""All good rows of a dataset on disk, so that memory need not hold them."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from shared.tables.rows import Row

_CACHE_KIB = 16 * 1024
"""What SQLite may keep in memory; above it, it sorts and reads on disk."""


class Stored(NamedTuple):
    """A row that is kept; of equal rows the one that was read first."""

    mark: bytes
    label: str
    features: str
    file: int
    line: int


class RowIndex:
    """Rows by the hash of their features; gone when the `with` block or the process ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(dir=folder, prefix=".rows-")
        # SQLite sorts in files of its own: on the job's volume, not on the small /tmp.
        os.environ["SQLITE_TMPDIR"] = self._folder.name
        self._database = sqlite3.connect(Path(self._folder.name) / "rows.sqlite")
        for setting in (
            f"cache_size = -{_CACHE_KIB}",
            "journal_mode = OFF",
            "synchronous = OFF",
            "temp_store = FILE",
        ):
            self._database.execute(f"PRAGMA {setting}")
        self._database.execute(
            "CREATE TABLE good (mark BLOB, label TEXT, features TEXT, file INTEGER, line INTEGER)"
        )

    def __enter__(self) -> RowIndex:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()
        self._folder.cleanup()

    def add(self, rows: Iterable[tuple[int, int, Row]]) -> None:
        """Add rows with the number of their file and their line."""
        self._database.executemany(
            "INSERT INTO good VALUES (?, ?, ?, ?, ?)",
            ((row.mark, row.label, row.features, file, line) for file, line, row in rows),
        )

    def added(self) -> Iterator[tuple[int, int, Row]]:
        """Before `drop_repeated`: everything that was added."""
        selected = self._database.execute("SELECT file, line, label, features, mark FROM good")
        for file, line, label, features, mark in selected:
            yield file, line, Row(label=label, features=features, mark=mark)

    def drop_repeated(self) -> int:
        """Keep of equal rows (features and label) the first by file and line; answer how many
        went.

        Afterwards rows come in the order of their marks, which is as good as chance and always
        the same.
        """
        (before,) = self._database.execute("SELECT count(*) FROM good").fetchone()
        # Beside min(), SQLite takes the other columns from the row that has the minimum. No file
        # has 2^40 lines.
        self._database.execute(
            "CREATE TABLE kept AS SELECT mark, label, features, file, line, "
            "min(file * 1099511627776 + line) AS first FROM good GROUP BY mark, label "
            "ORDER BY mark, label"
        )
        self._database.execute("DROP TABLE good")
        (after,) = self._database.execute("SELECT count(*) FROM kept").fetchone()
        return int(before - after)

    def rows(self) -> Iterator[Stored]:
        """After `drop_repeated`: every row, by mark, then label."""
        selected = self._database.execute(
            "SELECT mark, label, features, file, line FROM kept ORDER BY rowid"
        )
        return (Stored(*found) for found in selected)

    def marks(self, label: str) -> Iterator[bytes]:
        """After `drop_repeated`: the marks of one class, in order."""
        selected = self._database.execute(
            "SELECT mark FROM kept WHERE label = ? ORDER BY rowid", (label,)
        )
        return (mark for (mark,) in selected)

    def labels(self) -> dict[str, int]:
        """After `drop_repeated`: how many rows each class has."""
        return dict(self._database.execute("SELECT label, count(*) FROM kept GROUP BY label"))
