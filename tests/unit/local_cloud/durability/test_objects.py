from __future__ import annotations

import asyncio
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from local_cloud.ministack_bridge import objects
from local_cloud.ministack_bridge.objects import mend_objects

ACCOUNT, BUCKET = "000000000000", "bucket"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ACCOUNT / BUCKET).mkdir(parents=True)
    return tmp_path


def put(folder: Path, key: str, described: bytes, there: bytes, **more: Any) -> Path:
    """An object whose sidecar describes one body while another one is there."""
    file = folder / ACCOUNT / BUCKET / key
    file.write_bytes(there)
    etag = hashlib.md5(described, usedforsecurity=False).hexdigest()
    meta = {"size": len(described), "etag": f'"{etag}"', "content_type": "text/csv", **more}
    sidecar = file.with_name(f"{key}.meta.json")
    sidecar.write_text(json.dumps(meta))
    os.utime(sidecar, ns=(1, 1))
    return file


def told(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.with_name(f"{file.name}.meta.json").read_text())
    return found


def test_a_put_that_was_broken_off_leaves_an_object_of_one_piece(folder: Path) -> None:
    file = put(folder, "key", described=b"old", there=b"new")
    assert mend_objects(folder) == [file]
    assert file.read_bytes() == b"new"
    assert told(file) == {"content_type": "text/csv"}


def test_in_a_bucket_with_versions_the_version_before_is_the_latest_again(folder: Path) -> None:
    file = put(folder, "key", described=b"old", there=b"newer", version_id="v1")
    kept = folder / ".versions" / ACCOUNT / BUCKET / "v1" / "key"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"old")
    before = told(file)
    assert mend_objects(folder) == [file]
    assert file.read_bytes() == b"old"
    assert told(file) == before
    assert mend_objects(folder) == []


@pytest.mark.parametrize("more", [{}, {"etag": '"abc-2"'}, {"is_delete_marker": True}])
def test_whole_objects_stay_as_they_are(folder: Path, more: dict[str, Any]) -> None:
    file = put(folder, "key", described=b"same", there=b"same", **more)
    before = told(file)
    assert mend_objects(folder) == []
    assert told(file) == before


def test_what_was_not_yet_an_object_is_removed(folder: Path) -> None:
    (folder / ACCOUNT / BUCKET / "half.tmp").write_bytes(b"ha")
    named_so = put(folder, "whole.tmp", described=b"whole", there=b"whole")
    mend_objects(folder)
    left = {file.name for file in (folder / ACCOUNT / BUCKET).iterdir()}
    assert left == {named_so.name, f"{named_so.name}.meta.json"}


def test_a_put_whose_object_does_not_get_to_disk_fails() -> None:
    def write_on_a_full_disk() -> None:
        objects._unwritten.get().append(OSError(28, "No space left on device"))

    async def put_object(method: str) -> tuple[int, dict[str, str], bytes]:
        if method == "PUT":
            await asyncio.to_thread(write_on_a_full_disk)
        return 200, {}, b""

    handle: Any = objects._refusing(put_object)  # type: ignore[arg-type]
    status, _, body = asyncio.run(handle("PUT"))
    assert status == 500
    assert b"<Code>InternalError</Code>" in body
    assert b"No space left on device" in body
    assert asyncio.run(handle("GET"))[0] == 200
