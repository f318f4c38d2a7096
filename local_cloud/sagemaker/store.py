"""Durable state of the SageMaker service: JSON documents in SQLite, one row a resource.

A document is what AWS's Describe call answers, as plain JSON: timestamps are
seconds since the epoch (float), and keys that begin with ``_`` are ours and are
stripped by :func:`public` before an answer leaves the service.

Beside each document lies its head (:mod:`local_cloud.sagemaker.document_head`), so that a list of
a thousand resources need not read a thousand documents.
"""

from __future__ import annotations

import functools
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local_cloud.sagemaker import store_schema
from local_cloud.sagemaker.document_head import Document, ListedDocument, head_of

__all__ = ["Document", "ListedDocument", "NameTakenError", "NotFoundError", "Store", "public"]


class NameTakenError(Exception):
    """A resource of this kind and name is already there."""


class NotFoundError(Exception):
    """No resource of this kind and name."""


def public(document: Document) -> Document:
    """The document without the keys that are ours alone."""
    return {key: value for key, value in document.items() if not key.startswith("_")}


class Store:
    """Thread-safe document store; every write is one transaction, so a kill leaves whole rows."""

    def __init__(self, path: Path) -> None:
        """Raises store_schema.NewerStateError for a file that a newer release wrote."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        # A killed process leaves what it has written to the system; only a power cut could lose
        # the last transactions, whole. To wait for the disk would cost each of them milliseconds.
        self._connection.execute("PRAGMA synchronous=NORMAL")
        store_schema.bring_up_to_date(self._connection)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One write transaction; nested use joins the outer one."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # Left open after a COMMIT that failed, it would be joined by all that follow, and
                # none of them would be kept. SQLite may have rolled back itself.
                self._connection.rollback()
                raise

    def create(self, kind: str, name: str, document: Document) -> None:
        """Insert; raises NameTakenError if the name is in use."""
        with self.transaction() as connection:
            (sequence,) = connection.execute(
                "SELECT COALESCE(MAX(sequence), 0) + 1 FROM resources WHERE kind = ?", (kind,)
            ).fetchone()
            try:
                connection.execute(
                    "INSERT INTO resources (kind, name, sequence, document, head)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (kind, name, sequence, json.dumps(document), head_of(document)),
                )
            except sqlite3.IntegrityError as error:
                raise NameTakenError(f"{kind} {name}") from error

    def find(self, kind: str, name: str) -> Document | None:
        with self._lock:
            row = self._connection.execute(
                "SELECT document FROM resources WHERE kind = ? AND name = ?", (kind, name)
            ).fetchone()
        return None if row is None else _load(row[0])

    def get(self, kind: str, name: str) -> Document:
        """As :meth:`find`; raises NotFoundError."""
        document = self.find(kind, name)
        if document is None:
            raise NotFoundError(f"{kind} {name}")
        return document

    def mutate(self, kind: str, name: str, change: Callable[[Document], None]) -> Document:
        """Read, change in place and write in one transaction; answers the new document.

        Raises NotFoundError. An exception out of ``change`` leaves the row as it was.
        """
        with self.transaction() as connection:
            document = self.get(kind, name)
            change(document)
            connection.execute(
                "UPDATE resources SET document = ?, head = ? WHERE kind = ? AND name = ?",
                (json.dumps(document), head_of(document), kind, name),
            )
        return document

    def update(self, kind: str, name: str, **changes: Any) -> Document:
        """Set top-level keys; answers the new document. Raises NotFoundError."""
        return self.mutate(kind, name, lambda document: document.update(changes))

    def delete(self, kind: str, name: str) -> None:
        """Raises NotFoundError."""
        with self.transaction() as connection:
            cursor = connection.execute(
                "DELETE FROM resources WHERE kind = ? AND name = ?", (kind, name)
            )
            if cursor.rowcount == 0:
                raise NotFoundError(f"{kind} {name}")

    def list(self, kind: str) -> list[Document]:
        """All documents of a kind, oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT document FROM resources WHERE kind = ? ORDER BY sequence", (kind,)
            ).fetchall()
        return [_load(row[0]) for row in rows]

    def listed(self, kind: str) -> Sequence[ListedDocument]:
        """As :meth:`list`, for looking through many of which few are needed whole."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT name, head FROM resources WHERE kind = ? ORDER BY sequence", (kind,)
            ).fetchall()
        return [
            ListedDocument(head, functools.partial(self.get, kind, name)) for name, head in rows
        ]

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def _load(text: str) -> Document:
    document: Document = json.loads(text)
    return document
