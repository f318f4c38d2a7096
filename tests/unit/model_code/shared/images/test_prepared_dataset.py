from __future__ import annotations

from pathlib import Path

from tests.unit.model_code.conftest import Prepared
from tests.unit.model_code.uploads import PREFIX


def test_each_good_picture_is_in_exactly_one_split(prepared: Prepared) -> None:
    keys = [record["key"] for found in prepared.records.values() for record in found]
    rejected = {entry["key"] for entry in prepared.json("quarantine/quarantine.json")["files"]}
    marker = {f"{PREFIX}ünï/"}
    assert len(keys) == len(set(keys))
    assert set(keys) == {PREFIX + name for name in prepared.upload.files} - rejected - marker


def test_no_picture_of_one_split_is_in_another(prepared: Prepared) -> None:
    digests = [{record["digest"] for record in found} for found in prepared.records.values()]
    assert sum(map(len, digests)) == len(set.union(*digests))


def test_every_split_has_every_class_under_the_same_numbers(prepared: Prepared) -> None:
    for name, found in prepared.records.items():
        classes = prepared.json(f"{name}/classes.json")
        assert classes == sorted(["with space", "zażółć", "ünï"])
        assert {record["label"] for record in found} == {0, 1, 2}
        for record in found:
            folder = record["key"].removeprefix(PREFIX).split("/")[0]
            assert classes[record["label"]] == folder


def test_every_picture_has_the_wanted_size(prepared: Prepared) -> None:
    shapes = {tuple(record["shape"]) for found in prepared.records.values() for record in found}
    assert shapes == {(16, 16, 3)}


def test_bad_files_are_put_aside_whole_each_with_its_reason(prepared: Prepared) -> None:
    report = prepared.json("quarantine/quarantine.json")
    reasons = {entry["key"].removeprefix(PREFIX): entry["reason"] for entry in report["files"]}
    assert sorted(reasons) == sorted(
        [
            "labels.csv",
            "with space/cut off.png",
            "with space/in two.png",
            "with space/notes.csv",
            "ünï/empty.jpg",
            "ünï/in two.png",
        ]
    )
    assert "directly under uploads/shapes/" in reasons["labels.csv"]
    assert "not a picture" in reasons["with space/notes.csv"]
    assert "damaged" in reasons["with space/cut off.png"]
    assert "empty" in reasons["ünï/empty.jpg"]
    assert "in the classes with space, ünï" in reasons["ünï/in two.png"]
    for entry in report["files"]:
        kept = (prepared.folder / "quarantine" / entry["file"]).read_bytes()
        assert kept == prepared.upload.files[entry["key"].removeprefix(PREFIX)]


def test_samples_are_held_out_pictures_of_several_classes(prepared: Prepared) -> None:
    listed = prepared.json("samples/samples.json")["samples"]
    assert len(listed) == 5
    assert {sample["label"] for sample in listed} == {"with space", "zażółć", "ünï"}
    held_out = {record["key"] for record in prepared.records["test"]}
    assert {sample["key"] for sample in listed} <= held_out
    files = {f"files/{path.name}" for path in (prepared.folder / "samples" / "files").iterdir()}
    assert files == {sample["file"] for sample in listed}


def test_the_report_counts_what_is_there(prepared: Prepared) -> None:
    report = prepared.json("report/dataset.json")
    for name, found in prepared.records.items():
        assert sum(report["pictures"][name].values()) == len(found)
    assert report["rejected"] == 6
    assert report["different_pictures"] == sum(map(len, prepared.records.values())) - 1


def test_shards_carry_their_number_and_count(prepared: Prepared) -> None:
    for name in prepared.records:
        files = sorted(path.name for path in Path(prepared.folder / name).glob("*.tfrecord"))
        assert files == ["part-00000-of-00001.tfrecord"]
