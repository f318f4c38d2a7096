from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from shared.faults import RefusedError
from shared.images import prepare
from shared.images.options import read_arguments
from shared.manifest_stream import ManifestStream
from tests.unit.model_code.conftest import Container
from tests.unit.model_code.uploads import FakeS3, Upload, clean_files, encode, picture


def options(tmp_path: Path, upload: Upload, *more: str) -> Namespace:
    (tmp_path / "manifest").mkdir()
    (tmp_path / "manifest" / "manifest.json").write_bytes(upload.manifest.to_bytes())
    return read_arguments(
        ["--manifest-dir", f"{tmp_path}/manifest", "--output-dir", f"{tmp_path}/out", *more]
    )


def refusal(tmp_path: Path, upload: Upload, *more: str) -> str:
    with pytest.raises(RefusedError) as refused:
        prepare.prepare(options(tmp_path, upload, "--image-size", "16", *more), FakeS3(upload))
    written = {path.name for path in (tmp_path / "out").glob("*")}
    assert written <= {"quarantine"}
    return str(refused.value)


def test_one_class_is_refused(tmp_path: Path) -> None:
    told = refusal(tmp_path, Upload(clean_files(labels=("only one",))))
    assert "'only one'; a classifier needs 2 or more" in told
    assert "s3://data/uploads/shapes/ cannot be trained on" in told


def test_an_empty_upload_is_refused(tmp_path: Path) -> None:
    assert "it holds no file; expected pictures" in refusal(tmp_path, Upload({"a/": b""}))


def test_a_class_with_too_few_different_pictures_is_refused(tmp_path: Path) -> None:
    files = clean_files(25)
    files |= {f"few/{number}.png": encode(picture(0, 999)) for number in range(30)}
    told = refusal(tmp_path, Upload(files))
    assert "class 'few' has 1 different good pictures, 20 are needed" in told


def test_a_class_whose_files_are_all_bad_does_not_vanish(tmp_path: Path) -> None:
    files = clean_files(60) | {f"damaged/{number}.png": b"x" for number in range(20)}
    assert "class 'damaged' has 0 different good pictures" in refusal(tmp_path, Upload(files))


def test_all_that_is_wrong_is_told_at_once_and_the_bad_files_are_kept(tmp_path: Path) -> None:
    files = clean_files(5, ("a", "b")) | {f"c/{number}.csv": b"1,2" for number in range(9)}
    told = refusal(tmp_path, Upload(files))
    assert "9 of 19 files cannot be used, allowed are 20%" in told
    assert "uploads/shapes/c/0.csv: not a picture" in told
    assert all(f"class '{name}' has" in told for name in "abc")
    assert (tmp_path / "out" / "quarantine" / "c" / "8.csv").read_bytes() == b"1,2"


def test_objects_that_are_gone_stop_the_run_and_are_all_named(tmp_path: Path) -> None:
    upload = Upload(clean_files(25))
    present = Upload({k: v for k, v in upload.files.items() if not k.endswith("7.png")})
    with pytest.raises(RefusedError, match="cannot be read; upload them again") as refused:
        prepare.prepare(options(tmp_path, upload), FakeS3(present))
    assert len(refused.value.faults) == 6
    assert not (tmp_path / "out").exists()


def test_all_wrong_arguments_are_told_together() -> None:
    with pytest.raises(RefusedError) as refused:
        read_arguments(
            ["--image-size", "4", "--test-fraction", "nan", "--sampels", "3", "--samples", "x"]
        )
    told = "\n".join(refused.value.faults)
    assert "--image-size: '4' is not allowed; give a whole number from 8 to 1024" in told
    assert "--test-fraction: 'nan' is not allowed; give a number between 0 and 1" in told
    assert "--sampels: is unknown; allowed are --layout, --image-size" in told
    assert "--samples: 'x' is not allowed" in told


def test_fractions_that_leave_nothing_to_train_on_are_refused() -> None:
    with pytest.raises(RefusedError, match="their sum must be below 1"):
        read_arguments(["--test-fraction", "0.6", "--validation-fraction", "0.4"])


def test_a_missing_manifest_ends_the_job_with_an_exit_message(
    container: Container, tmp_path: Path
) -> None:
    message = tmp_path / "output" / "message"
    arguments = ("--manifest-dir", tmp_path, "--message-file", message)
    finished = container.run(
        *("-m", "shared.images.prepare"), *arguments, AWS_DEFAULT_REGION="eu-west-1"
    )
    assert finished.returncode == 1
    assert "expected one *.json, found none" in message.read_text()
    assert "Traceback" not in finished.stderr


def test_a_manifest_that_is_not_valid_is_refused_with_its_faults(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text('{"schema_version": 9}')
    with pytest.raises(RefusedError, match="schema_version: 9 is unknown") as refused:
        ManifestStream(tmp_path)
    assert len(refused.value.faults) > 3
