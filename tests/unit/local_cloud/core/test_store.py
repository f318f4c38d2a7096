from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from local_cloud.sagemaker import store_schema
from local_cloud.sagemaker.listing import list_page
from local_cloud.sagemaker.store import NotFoundError, Store
from local_cloud.sagemaker.store_schema import NewerStateError

JOB: dict[str, Any] = {
    "Name": "iris",
    "Status": "Completed",
    "CreationTime": 1.5,
    "Final": None,
    "Description": "x" * 1000,
    "HyperParameters": {"depth": "3"},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sagemaker.sqlite"


def a_file_of_the_first_release(file: Path) -> None:
    """Its schema, word for word."""
    connection = sqlite3.connect(file)
    connection.executescript(
        """
        CREATE TABLE IF NOT EXISTS resources (
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            document TEXT NOT NULL,
            PRIMARY KEY (kind, name)
        );
        CREATE INDEX IF NOT EXISTS resources_by_sequence ON resources (kind, sequence);
        """
    )
    for sequence, name in enumerate(("wine", "iris"), start=1):
        row = ("job", name, sequence, json.dumps({**JOB, "Name": name}))
        connection.execute("INSERT INTO resources VALUES (?, ?, ?, ?)", row)
    connection.commit()
    connection.close()


def test_a_listed_document_is_the_document(file: Path) -> None:
    store = Store(file)
    store.create("job", "iris", JOB)
    (listed,) = store.listed("job")
    assert dict(listed) == JOB
    assert "Description" in listed
    assert "Absent" not in listed
    assert listed.get("Absent") is None
    store.update("job", "iris", Status="Failed", HyperParameters={})
    (listed,) = store.listed("job")
    assert (listed["Status"], listed["HyperParameters"]) == ("Failed", {})


def test_a_document_is_read_whole_for_its_long_members_only(file: Path) -> None:
    store = Store(file)
    store.create("job", "iris", JOB)
    (listed,) = store.listed("job")
    store.delete("job", "iris")
    assert (listed["Name"], listed["CreationTime"], listed["Final"]) == ("iris", 1.5, None)
    with pytest.raises(NotFoundError):
        listed["HyperParameters"]


def test_what_is_deleted_while_it_is_listed_is_not_listed(file: Path) -> None:
    store = Store(file)
    for name in ("iris", "wine"):
        store.create("job", name, {**JOB, "Name": name})
    listed = store.listed("job")
    store.delete("job", "iris")
    answer = list_page(
        listed, {}, "Jobs", keys=["Name", "HyperParameters"], sort_keys={}, name="Name"
    )
    assert [one["Name"] for one in answer["Jobs"]] == ["wine"]


def test_the_state_of_the_first_release_is_taken_over(file: Path) -> None:
    a_file_of_the_first_release(file)
    store = Store(file)
    assert [dict(one) for one in store.listed("job")] == store.list("job")
    assert [one["Name"] for one in store.listed("job")] == ["wine", "iris"]
    store.create("job", "birds", {**JOB, "Name": "birds"})
    store.close()
    assert [one["Name"] for one in Store(file).listed("job")] == ["wine", "iris", "birds"]


def test_a_take_over_that_is_broken_off_leaves_the_state_as_it_was(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_file_of_the_first_release(file)
    with monkeypatch.context() as patch:
        patch.setattr(store_schema, "head_of", lambda _document: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            Store(file)
    assert [one["Name"] for one in Store(file).listed("job")] == ["wine", "iris"]


def test_the_state_of_a_newer_release_is_refused_and_left_alone(file: Path) -> None:
    Store(file).close()
    connection = sqlite3.connect(file)
    connection.execute(f"PRAGMA user_version = {store_schema.VERSION + 1}")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(NewerStateError, match="a newer release wrote it"):
        Store(file)
    assert file.read_bytes() == before


def test_after_a_commit_that_fails_the_next_change_is_kept(file: Path) -> None:
    store = Store(file)
    store._connection.execute("PRAGMA foreign_keys=ON")
    with store.transaction() as connection:
        connection.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
        connection.execute(
            "CREATE TABLE children (parent REFERENCES parents DEFERRABLE INITIALLY DEFERRED)"
        )

    def add_an_orphan() -> None:
        with store.transaction() as connection:
            connection.execute("INSERT INTO children VALUES (1)")

    with pytest.raises(sqlite3.IntegrityError):
        add_an_orphan()
    store.create("job", "iris", JOB)
    store.close()
    assert Store(file).get("job", "iris") == JOB
