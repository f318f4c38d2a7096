from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shared.faults import RefusedError
from tests.unit.model_code.shared.images.preparing import run
from tests.unit.model_code.uploads import EDGE, PREFIX, Upload, cub_upload, encode, picture

CUB = ("--layout", "cub-200-2011", "--min-images-per-class", "2")
ROOT = "CUB_200_2011/"


def changed(name: str, old: bytes, new: bytes) -> Upload:
    files = dict(cub_upload().files)
    assert old in files[ROOT + name]
    files[ROOT + name] = files[ROOT + name].replace(old, new)
    return Upload(files)


def test_what_the_makers_held_out_is_the_test_split(tmp_path: Path) -> None:
    prepared = run(tmp_path, cub_upload(), *CUB)
    keys = prepared.keys()
    assert {key[-8:] for key in keys["test"]} == {"0000.png", "0004.png"}
    assert {name: len(found) for name, found in keys.items()}["test"] == 6
    assert len(keys["train"]) + len(keys["validation"]) == 18
    labels = prepared.json("train/classes.json")
    assert labels == ["001.Bird_0", "002.Bird_1", "003.Bird_2"]
    assert prepared.report["test_split"] == "as the dataset's makers held it out"
    assert prepared.report["passed_over"] == 6
    assert prepared.report["rejected"] == 0


def test_the_files_may_lie_at_the_top_of_the_upload(tmp_path: Path) -> None:
    assert len(run(tmp_path, cub_upload(root=""), *CUB).keys()["test"]) == 6


def test_pictures_are_cut_to_their_boxes(tmp_path: Path) -> None:
    upload = cub_upload()
    prepared = run(tmp_path, upload, *CUB, "--crop-to-bounding-box", "true")
    record = prepared.records("test")[0]
    whole = Image.open(io.BytesIO(upload.files[record.key.removeprefix(PREFIX)]))
    wanted = whole.crop((0, 0, EDGE // 2, EDGE)).resize((EDGE, EDGE), Image.Resampling.BILINEAR)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(record.encoded))), np.asarray(wanted))


def test_without_cropping_no_boxes_are_needed(tmp_path: Path) -> None:
    files = dict(cub_upload().files)
    del files[f"{ROOT}bounding_boxes.txt"]
    assert run(tmp_path / "a", Upload(files), *CUB).report["rejected"] == 0
    with pytest.raises(RefusedError, match=r"bounding_boxes.txt: is missing"):
        run(tmp_path / "b", Upload(files), *CUB, "--crop-to-bounding-box", "true")


def test_a_picture_that_is_not_listed_and_one_that_is_not_there_are_told(tmp_path: Path) -> None:
    files = dict(cub_upload().files)
    del files[f"{ROOT}images/001.Bird_0/Bird_0001.png"]
    files[f"{ROOT}images/001.Bird_0/stray.png"] = encode(picture(0, 99))
    prepared = run(tmp_path, Upload(files), *CUB)
    assert prepared.reasons == {
        "Bird_0001.png": "is listed and was not uploaded",
        "stray.png": f"is not listed in {PREFIX}{ROOT}images.txt",
    }
    assert prepared.report["faults"] == {"missing": 1, "no class": 1}


def test_a_copy_of_a_test_picture_among_those_for_training_is_tested_with(tmp_path: Path) -> None:
    files = dict(cub_upload().files)
    name = f"{ROOT}images/001.Bird_0/Bird_000"
    files[f"{name}1.png"] = files[f"{name}0.png"]
    prepared = run(tmp_path, Upload(files), *CUB)
    assert PREFIX + name + "1.png" in prepared.keys()["test"]
    assert prepared.report["duplicates"] == {"copies": 1, "in_both_of_the_makers_splits": 1}


def test_a_box_outside_its_picture_puts_the_picture_aside(tmp_path: Path) -> None:
    upload = changed("bounding_boxes.txt", b"\n2 0.0 0.0", b"\n2 900.0 0.0")
    prepared = run(tmp_path, upload, *CUB, "--crop-to-bounding-box", "true")
    assert "lies outside its 16x16 pixels" in prepared.reasons["Bird_0001.png"]


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("image_class_labels.txt", b"\n2 1\n", b"\n2\n", "labels.txt:2: expected 2 words, got '2'"),
        ("image_class_labels.txt", b"\n2 1\n", b"\n2 77\n", "says nothing of picture 2"),
        ("train_test_split.txt", b"\n3 1\n", b"\n3 x\n", "split.txt: says nothing of picture 3"),
        ("images.txt", b"\n2 ", b"\n1 ", "images.txt:2: UNIQUE constraint failed"),
    ],
)
def test_damaged_lists_are_refused_with_file_and_line(
    name: str, old: bytes, new: bytes, told: str, tmp_path: Path
) -> None:
    with pytest.raises(RefusedError, match="is not laid out as cub-200-2011") as refused:
        run(tmp_path, changed(name, old, new), *CUB)
    assert told in str(refused.value)


def test_an_upload_in_another_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"expected one images.txt"):
        run(tmp_path, Upload({"cat/1.png": b"x"}), *CUB)


def test_boxes_need_the_layout_that_has_them(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="the layout folders has no boxes"):
        run(tmp_path, cub_upload(), "--crop-to-bounding-box", "true")
