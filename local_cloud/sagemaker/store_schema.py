"""The form of the store's file, and how older forms become this one."""

from __future__ import annotations

import json
import sqlite3

from local_cloud.sagemaker.document_head import head_of

VERSION = 1
"""Kept in the file as SQLite's user_version. 0: documents without heads."""

_TABLE = """
CREATE TABLE IF NOT EXISTS resources (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (kind, name)
)
"""
_INDEX = "CREATE INDEX resources_with_heads ON resources (kind, sequence, name, head)"
"""A list is read from the index alone: a row's head lies behind its document, however long."""


class NewerStateError(Exception):
    """The file was written by a newer release; says what to do."""


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Create what is not there and change what is of an older form, all of it or nothing.

    Raises NewerStateError.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise NewerStateError(
                f"this state has form {version}, and this release of the local cloud knows forms "
                f"up to {VERSION}: a newer release wrote it. Start that one, choose another "
                "--state-dir, or remove the state with `python -m local_cloud reset`."
            )
        if version < VERSION:
            _add_heads(connection)
            connection.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _add_heads(connection: sqlite3.Connection) -> None:
    connection.execute(_TABLE)
    connection.execute("DROP INDEX IF EXISTS resources_by_sequence")
    connection.execute("ALTER TABLE resources ADD COLUMN head TEXT NOT NULL DEFAULT '[{}, []]'")
    rows = connection.execute("SELECT rowid, document FROM resources").fetchall()
    for row, document in rows:
        head = head_of(json.loads(document))
        connection.execute("UPDATE resources SET head = ? WHERE rowid = ?", (head, row))
    connection.execute(_INDEX)
