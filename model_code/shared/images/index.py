"""What is known of each file of a dataset, in a database on the job's disk.

A list of a million pictures takes a gigabyte of memory; these tables take a few megabytes of it
however many there are.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from contracts.manifest import ManifestObject
from shared.images.layouts import Place
from shared.images.pictures import Box, Looks
from shared.spool import Slot

_CACHE_KIB = 8 * 1024
_PAGE = 1_000
_LOOKS = ", ".join(Looks._fields)

_TABLES = f"""
CREATE TABLE files (
    key TEXT PRIMARY KEY,
    version_id TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    own INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    label TEXT,
    in_test INTEGER,
    box TEXT,
    kind TEXT,
    reason TEXT,
    kept TEXT,
    fingerprint BLOB,
    start INTEGER,
    length INTEGER,
    {_LOOKS}
) WITHOUT ROWID;
CREATE TABLE pictures (
    fingerprint BLOB PRIMARY KEY,
    label TEXT NOT NULL,
    place INTEGER NOT NULL,
    in_test INTEGER,
    split TEXT
) WITHOUT ROWID;
"""
_EXCHANGED = (
    "key",
    "state",
    "label",
    "in_test",
    "kind",
    "reason",
    "kept",
    "fingerprint",
    *Looks._fields,
)


class IncompleteIndexError(Exception):
    """Files that no host has looked at."""


class Index:
    """The tables `files`, by key, and `pictures`, by fingerprint.

    A file's state is ``waiting`` until a host has looked at it, then ``good`` or ``bad``.
    """

    def __init__(self, path: Path) -> None:
        self.database = sqlite3.connect(path, isolation_level=None)
        # It lives as long as the job: what is lost in a crash is made anew.
        for pragma in (
            "journal_mode = OFF",
            "synchronous = OFF",
            "temp_store = FILE",
            f"cache_size = -{_CACHE_KIB}",
        ):
            self.database.execute(f"PRAGMA {pragma}")
        self.database.executescript(_TABLES)
        self.database.execute("BEGIN")

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()

    def rows(self, statement: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, one by one."""
        yield from self.database.execute(statement, values)

    def value(self, statement: str, *values: Any) -> Any:
        """The first column of the first row."""
        row = self.database.execute(statement, values).fetchone()
        return None if row is None else row[0]

    def add(self, item: ManifestObject, place: Place, *, own: bool) -> None:
        """A file that is to be looked at."""
        self.database.execute(
            "INSERT INTO files (key, version_id, size, etag, own, label, in_test, box, reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                item.key,
                item.version_id,
                item.size,
                item.etag,
                own,
                place.label,
                place.in_test,
                json.dumps(place.box) if place.box else None,
                place.fault or None,
            ),
        )

    def add_missing(self, key: str, label: str, reason: str, *, own: bool) -> None:
        """A file that should be there and is not."""
        self.database.execute(
            "INSERT INTO files (key, version_id, size, etag, own, label, state, kind, reason)"
            " VALUES (?, '', 0, '', ?, ?, 'bad', 'missing', ?)",
            (key, own, label, reason),
        )

    def waiting(self) -> Iterator[tuple[ManifestObject, Place]]:
        """This host's files that were not looked at yet, sorted by key.

        Page by page, so that their state can be changed meanwhile.
        """
        last = ""
        while True:
            page = self.database.execute(
                "SELECT key, version_id, size, etag, label, in_test, box, reason FROM files"
                " WHERE own AND state = 'waiting' AND key > ? ORDER BY key LIMIT ?",
                (last, _PAGE),
            ).fetchall()
            if not page:
                return
            for key, version, size, etag, label, in_test, box, reason in page:
                item = ManifestObject(key=key, version_id=version, size=size, etag=etag)
                place = Place(
                    label=label,
                    box=Box(*json.loads(box)) if box else None,
                    in_test=None if in_test is None else bool(in_test),
                    fault=reason or "",
                )
                yield item, place
            last = page[-1][0]

    def accept(self, key: str, fingerprint: bytes, slot: Slot, looks: Looks) -> None:
        """A file is a good picture."""
        given = ", ".join(f"{name} = ?" for name in Looks._fields)
        self.database.execute(
            f"UPDATE files SET state = 'good', fingerprint = ?, start = ?, length = ?, {given}"  # noqa: S608
            " WHERE key = ?",
            (fingerprint, slot.offset, slot.length, *looks, key),
        )

    def reject(self, key: str, kind: str, reason: str, kept: str | None) -> None:
        """A file cannot be used; `kept` is where it lies in quarantine."""
        self.database.execute(
            "UPDATE files SET state = 'bad', kind = ?, reason = ?, kept = ? WHERE key = ?",
            (kind, reason, kept, key),
        )

    def prepare_lookups(self) -> None:
        """Make what follows quick; after all files have been looked at."""
        self.database.execute("CREATE INDEX IF NOT EXISTS by_print ON files (fingerprint, label)")
        self.database.execute("CREATE INDEX IF NOT EXISTS by_state ON files (state, kind)")

    def export(self, path: Path) -> None:
        """What this host found, for the others."""
        names = ", ".join(_EXCHANGED)
        with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as stream:
            for row in self.rows(f"SELECT {names} FROM files WHERE own"):  # noqa: S608
                values = [value.hex() if isinstance(value, bytes) else value for value in row]
                stream.write(json.dumps(values, ensure_ascii=False) + "\n")

    def take_in(self, path: Path) -> None:
        """What another host found, as `export` wrote it there."""
        given = ", ".join(f"{name} = ?" for name in _EXCHANGED[1:])
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            for line in stream:
                key, *values = json.loads(line)
                at = _EXCHANGED.index("fingerprint") - 1
                values[at] = bytes.fromhex(values[at]) if values[at] else None
                self.database.execute(
                    f"UPDATE files SET {given} WHERE key = ? AND NOT own",  # noqa: S608
                    (*values, key),
                )

    def check_complete(self) -> None:
        """Raises IncompleteIndexError where a file is still waiting."""
        waiting = self.value("SELECT COUNT(*) FROM files WHERE state = 'waiting'")
        if waiting:
            first = self.value("SELECT MIN(key) FROM files WHERE state = 'waiting'")
            raise IncompleteIndexError(f"{waiting} files, the first is {first!r}")

    def counts(self, statement: str, *values: Any) -> dict[Any, int]:
        """A query's second column by its first."""
        return dict(self.database.execute(statement, values).fetchall())

    def classes(self) -> list[str]:
        """Labels of all files, good or bad, sorted."""
        found = self.rows("SELECT DISTINCT label FROM files WHERE label IS NOT NULL")
        return sorted(label for (label,) in found)

    def add_pictures(self, rows: Iterable[tuple[bytes, str, int, int | None]]) -> None:
        """Different pictures: fingerprint, label, place, and whether they are held out."""
        self.database.executemany("INSERT INTO pictures VALUES (?, ?, ?, ?, NULL)", rows)
        self.database.execute("CREATE INDEX by_label ON pictures (label, place, fingerprint)")
        self.database.execute("CREATE INDEX by_split ON pictures (split, place, fingerprint)")
