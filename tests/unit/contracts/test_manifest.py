from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.manifest import Manifest, ManifestError, ManifestObject, dataset_version

PREFIX = "uploads/birds/"


def item(name: str, **changes: Any) -> ManifestObject:
    return ManifestObject(
        **{"key": PREFIX + name, "version_id": "v1", "size": 3, "etag": "e", **changes}
    )


def manifest(*objects: ManifestObject) -> Manifest:
    return Manifest(workload="birds", bucket="data", prefix=PREFIX, objects=objects)


def document(**changes: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(manifest(item("a/1.png")).to_bytes())
    return {**content, **changes}


def faults_of(content: Any) -> tuple[str, ...]:
    with pytest.raises(ManifestError) as caught:
        Manifest.parse(json.dumps(content))
    return caught.value.faults


def test_the_bytes_and_the_version_of_a_manifest_never_change() -> None:
    content = manifest(item("a/ä b+%20.png"), item("b/2.png", size=0)).to_bytes()

    assert content.decode() == (
        '{"bucket":"data","objects":['
        '{"etag":"e","key":"uploads/birds/a/ä b+%20.png","size":3,"version_id":"v1"},'
        '{"etag":"e","key":"uploads/birds/b/2.png","size":0,"version_id":"v1"}],'
        '"prefix":"uploads/birds/","schema_version":1,"workload":"birds"}'
    )
    assert dataset_version(content) == (
        "227a6c59214d1937a931c35f918e046ddf323e8cc546eb61b4a8d4f3c657c85e"
    )


def test_the_bytes_are_those_of_the_canonical_json_of_the_whole() -> None:
    content = manifest(item('a/"quoted"\\ \u2028.png'), item("b/猫.png")).to_bytes()

    again = json.dumps(
        json.loads(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert content == again.encode()


def test_a_manifest_without_objects_is_canonical_too() -> None:
    assert Manifest.parse(manifest().to_bytes()) == manifest()


def test_reading_gives_what_was_written() -> None:
    written = manifest(item("a/ä b+%20.png"), item("b/2.png"))

    assert Manifest.parse(written.to_bytes()) == written


@pytest.mark.parametrize("change", ["version_id", "etag", "size", "key"])
def test_any_other_object_is_another_dataset_version(change: str) -> None:
    other = {"size": 4}.get(change, PREFIX + "other")
    one, two = manifest(item("a")), manifest(item("a", **{change: other}))

    assert dataset_version(one.to_bytes()) != dataset_version(two.to_bytes())


def test_objects_out_of_order_twice_or_elsewhere_are_refused_together() -> None:
    with pytest.raises(ManifestError) as caught:
        manifest(item("b"), item("a"), item("a"), item("c", key="uploads/cats/1"))

    assert len(caught.value.faults) == 3
    text = str(caught.value)
    assert "sort by key" in text
    assert "listed twice" in text
    assert "not under the prefix" in text


def test_all_faults_are_reported_at_once_with_their_places() -> None:
    broken = document(schema_version=2, bucket="", extra=1)
    broken["objects"] = [{"key": 5, "version_id": "v", "size": -1}, "no object"]

    faults = faults_of(broken)

    for place in (
        "schema_version",
        "bucket",
        "extra",
        "objects[0].key",
        "objects[0].size",
        "objects[0].etag",
        "objects[1]",
    ):
        assert any(fault.startswith(place) for fault in faults), (place, faults)


def test_a_missing_member_is_named() -> None:
    content = document()
    del content["workload"]

    assert faults_of(content) == ("workload: is missing",)


@pytest.mark.parametrize("content", ["", "[]", "not json", "3"])
def test_what_is_no_json_object_is_refused(content: str) -> None:
    with pytest.raises(ManifestError, match="not valid"):
        Manifest.parse(content)


def test_of_very_many_faults_some_are_shown_and_the_rest_counted() -> None:
    with pytest.raises(ManifestError, match="and 30 more"):
        Manifest.parse(json.dumps(document(objects=[1] * 50)))
