from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.manifest import Manifest, ManifestObject
from shared.faults import RefusedError
from shared.manifest_stream import ManifestStream

PREFIX = "uploads/birds/"


def manifest(count: int) -> Manifest:
    names = sorted(f'{PREFIX}{n:06d} "],"prefix":" ż {{}}.png' for n in range(count))
    objects = [ManifestObject(key=key, version_id="v", size=3, etag="e") for key in names]
    return Manifest(workload="birds", bucket="data", prefix=PREFIX, objects=tuple(objects))


def written(folder: Path, content: bytes) -> Path:
    (folder / "manifest.json").write_bytes(content)
    return folder


@pytest.mark.parametrize("count", [0, 1, 3_000])
def test_objects_come_one_by_one_as_the_whole_manifest_has_them(count: int, tmp_path: Path) -> None:
    known = manifest(count)
    stream = ManifestStream(written(tmp_path, known.to_bytes()))
    assert (stream.head.workload, stream.head.bucket, stream.head.prefix) == (
        *("birds", "data"),
        PREFIX,
    )
    assert tuple(stream.objects()) == known.objects
    assert tuple(stream.objects()) == known.objects


def test_a_manifest_written_in_another_form_is_read_too(tmp_path: Path) -> None:
    known = manifest(5)
    pretty = json.dumps(json.loads(known.to_bytes()), indent=2).encode()
    assert tuple(ManifestStream(written(tmp_path, pretty)).objects()) == known.objects


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schema_version": 9}, "schema_version: 9 is unknown"),
        ({"objects": [{"key": "x"}]}, "expected the members etag, key, size, version_id"),
        (
            {"objects": [{"etag": "e", "key": "elsewhere", "size": 1, "version_id": "v"}]},
            "'elsewhere' is not under the prefix",
        ),
        (
            {"objects": [{"etag": "e", "key": PREFIX, "size": -1, "version_id": "v"}]},
            "size: expected a number of bytes",
        ),
        ({"workload": ""}, "expected schema_version, workload, bucket, prefix"),
    ],
)
def test_a_manifest_that_is_not_valid_is_refused(
    change: dict[str, Any], told: str, tmp_path: Path
) -> None:
    document = json.loads(manifest(2).to_bytes()) | change
    content = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    with pytest.raises(RefusedError, match=told):
        list(ManifestStream(written(tmp_path, content.encode())).objects())


def test_an_object_listed_twice_is_refused(tmp_path: Path) -> None:
    document = json.loads(manifest(2).to_bytes())
    document["objects"].append(document["objects"][0])
    content = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    with pytest.raises(RefusedError, match="sort by key, each once"):
        list(ManifestStream(written(tmp_path, content.encode())).objects())


def test_a_manifest_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    content = manifest(2).to_bytes()
    with pytest.raises(RefusedError, match="is not a manifest"):
        list(ManifestStream(written(tmp_path, content[:-200])).objects())
    damaged = content.replace(b'"size":3', b'"size":', 1)
    with pytest.raises(RefusedError, match="it is not JSON"):
        list(ManifestStream(written(tmp_path, damaged)).objects())


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"expected one \*.json, found none"):
        ManifestStream(tmp_path)
