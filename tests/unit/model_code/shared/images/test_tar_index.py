from __future__ import annotations

from pathlib import Path

import pytest

from shared.faults import RefusedError
from shared.images.shards import TAR, TFRECORD, Record, read_shards, write_shards
from shared.images.tar_index import TarIndex

RECORDS = [
    Record(b"\x89PNG" + bytes([number % 256]) * (number + 1), number % 7, f"a/{number}.png")
    for number in range(600)
]


def test_any_picture_is_read_by_its_number(tmp_path: Path) -> None:
    write_shards(tmp_path, RECORDS, len(RECORDS), form=TAR)
    index = TarIndex.of(tmp_path)
    assert len(index.files) == 3
    in_order = list(read_shards(tmp_path))
    assert len(index) == len(in_order) == len(RECORDS)
    for number in (599, 0, 300, 7):
        assert index.read(number) == in_order[number].encoded
        assert index.labels[number] == in_order[number].label
    assert index.place(599).startswith(str(index.files[-1]))


def test_a_cut_off_file_and_other_formats_are_refused(tmp_path: Path) -> None:
    write_shards(tmp_path, RECORDS[:3], 3, form=TAR)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:700] + b"no header" * 100)
    with pytest.raises(RefusedError, match="expected a tar file"):
        TarIndex.of(tmp_path)
    file.rename(tmp_path / f"part.{TFRECORD}")
    with pytest.raises(RefusedError, match=r"no file \*\.tar"):
        TarIndex.of(tmp_path)
