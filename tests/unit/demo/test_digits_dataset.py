"""The demo's data set."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from demo.datasets.digits import write_digits


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digits")
    assert write_digits(folder) == 1797
    return folder


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_every_digit_is_a_picture_of_32x32_in_the_folder_of_its_class(digits: Path) -> None:
    counts = Counter(path.parent.name for path in files(digits))
    assert sorted(counts) == [str(digit) for digit in range(10)]
    assert sum(counts.values()) == 1797
    assert min(counts.values()) > 170
    for path in files(digits)[::100]:
        with Image.open(path) as picture:
            assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (32, 32))


def test_a_second_call_writes_nothing_anew(digits: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in files(digits)}
    assert write_digits(digits) == 1797
    assert {path: path.stat().st_mtime_ns for path in files(digits)} == before


def test_a_missing_picture_is_written_again_with_the_same_bytes(digits: Path) -> None:
    path = digits / "0" / "0000.png"
    content = path.read_bytes()
    path.unlink()
    write_digits(digits)
    assert path.read_bytes() == content
