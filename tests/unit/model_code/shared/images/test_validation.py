from __future__ import annotations

from pathlib import Path

import pytest

from shared.faults import RefusedError
from tests.unit.model_code.shared.images.preparing import run
from tests.unit.model_code.uploads import PREFIX, Upload, clean_files, encode, picture

TWO = ("a", "b")
FEW = ("--min-images-per-class", "1")


def test_formats_that_the_workload_does_not_take_are_put_aside(tmp_path: Path) -> None:
    files = clean_files(12, TWO) | {"a/photo.jpg": encode(picture(0, 50), "JPEG")}
    prepared = run(tmp_path, Upload(files), *FEW, "--formats", "png,gif")
    assert prepared.reasons == {"photo.jpg": "a picture of the format jpeg; allowed are gif, png"}
    assert prepared.report["faults"] == {"format": 1}


def test_pictures_that_are_too_small_are_put_aside(tmp_path: Path) -> None:
    files = clean_files(12, TWO) | {"a/tiny.png": encode(picture(0, 50, edge=12))}
    prepared = run(tmp_path, Upload(files), *FEW, "--min-edge", "14")
    assert prepared.reasons == {
        "tiny.png": "12x12 pixels; the shorter edge must have 14 (min_edge)"
    }


def test_classes_out_of_balance_are_refused_with_their_names(tmp_path: Path) -> None:
    files = clean_files(30, TWO) | {f"c/{n}.png": encode(picture(2, n)) for n in range(10)}
    with pytest.raises(RefusedError, match=r"'a' has 30 .* 'c' 10, 3.0 for each; allowed are 2"):
        run(tmp_path / "refused", Upload(files), *FEW, "--max-imbalance", "2")
    assert run(tmp_path, Upload(files), *FEW, "--max-imbalance", "3").report["imbalance"] == 3


def test_a_class_of_one_picture_is_trained_on_and_the_report_says_so(tmp_path: Path) -> None:
    files = clean_files(12, TWO) | {"rare/only.png": encode(picture(2, 0))}
    prepared = run(tmp_path, Upload(files), *FEW)
    assert f"{PREFIX}rare/only.png" in prepared.keys()["train"]
    assert prepared.report["only_trained_on"] == ["rare"]
    assert prepared.report["without_test_pictures"] == ["rare"]
    assert prepared.json("test/classes.json") == ["a", "b", "rare"]


def test_a_dataset_that_leaves_nothing_to_test_with_is_refused(tmp_path: Path) -> None:
    files = clean_files(1, ("a", "b", "c"))
    with pytest.raises(RefusedError, match="no picture is left to test with"):
        run(tmp_path, Upload(files), *FEW)


def test_copies_stay_together_and_are_counted(tmp_path: Path) -> None:
    files = clean_files(12, TWO)
    files |= {f"a/again-{n}.png": files[f"a/{n:03d}.png"] for n in range(5)}
    prepared = run(tmp_path, Upload(files), *FEW)
    where = {key: name for name, keys in prepared.keys().items() for key in keys}
    for n in range(5):
        assert where[f"{PREFIX}a/again-{n}.png"] == where[f"{PREFIX}a/{n:03d}.png"]
    assert prepared.report["duplicates"]["copies"] == 5


def test_the_baseline_describes_what_is_trained_on(tmp_path: Path) -> None:
    files = clean_files(20, TWO) | {"a/wide.png": encode(picture(0, 70).resize((64, 16)))}
    prepared = run(tmp_path, Upload(files), *FEW)
    baseline = prepared.json("report/baseline.json")
    train = prepared.report["pictures"]["train"]
    assert baseline["rows"] == sum(train.values())
    assert baseline["labels"]["a"] == pytest.approx(train["a"] / baseline["rows"])
    assert 30 < baseline["channels"]["red"]["mean"] < 130
    assert 10 < baseline["channels"]["red"]["std"] < 90
    for feature in ("brightness", "width", "height", "aspect"):
        histogram = baseline["features"][feature]["histogram"]
        assert sum(histogram["counts"]) == baseline["rows"]
        assert len(histogram["edges"]) == len(histogram["counts"]) + 1
    assert baseline["features"]["height"]["max"] == 16


def test_the_baseline_takes_the_true_mean_and_deviation(tmp_path: Path) -> None:
    import io

    import numpy as np
    from PIL import Image

    prepared = run(tmp_path, Upload(clean_files(20, TWO)), *FEW)
    records = prepared.records("train")
    pixels = np.stack([np.asarray(Image.open(io.BytesIO(one.encoded))) for one in records])
    channels = prepared.json("report/baseline.json")["channels"]
    for number, name in enumerate(("red", "green", "blue")):
        assert channels[name]["mean"] == pytest.approx(pixels[..., number].mean())
        assert channels[name]["std"] == pytest.approx(pixels[..., number].std())
