from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from infra.assets import ROOT
from shared.faults import RefusedError
from shared.images.shards import FORMATS, TAR, Record, read_shards, shard_files, write_shards
from tests.unit.model_code.conftest import Container
from tests.unit.model_code.uploads import encode, picture

RECORDS = [
    Record(encode(picture(n % 3, n), "JPEG" if n % 2 else "PNG"), n % 3, f"up/ü {n}.png")
    for n in range(7)
]


def write_tar(folder: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(folder / "part-00000-of-00001.tar", "w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def test_tar_files_give_back_what_was_written(tmp_path: Path) -> None:
    write_shards(tmp_path, iter(RECORDS), len(RECORDS), form=TAR)
    assert [path.name for path in tmp_path.iterdir()] == ["part-00000-of-00001.tar"]
    assert list(read_shards(tmp_path)) == RECORDS


def test_tar_files_are_those_of_webdataset(tmp_path: Path) -> None:
    write_shards(tmp_path, RECORDS[:2], 2, form=TAR)
    with tarfile.open(tmp_path / "part-00000-of-00001.tar") as tar:
        names = ["00000000.png", "00000000.json", "00000001.jpg", "00000001.json"]
        assert tar.getnames() == names
        described = tar.extractfile(names[1])
        assert described is not None
        assert json.load(described) == {"label": 0, "key": "up/ü 0.png"}


def test_tfrecords_give_back_what_was_written(container: Container, tmp_path: Path) -> None:
    write_shards(tmp_path / "tar", RECORDS, len(RECORDS), form=TAR)
    copied = container.helper("copy_shards", tmp_path / "tar", tmp_path / "tfrecord")
    assert copied == [[record.label, record.key, len(record.encoded)] for record in RECORDS]


def test_several_hosts_write_into_one_folder(tmp_path: Path) -> None:
    for host, part in (("algo-1", RECORDS[:4]), ("algo-2", RECORDS[4:])):
        write_shards(tmp_path, part, len(part), form=TAR, host=host)
    assert [path.name for path in shard_files(tmp_path)] == [
        "part-algo-1-00000-of-00001.tar",
        "part-algo-2-00000-of-00001.tar",
    ]
    assert list(read_shards(tmp_path)) == RECORDS


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_shards(tmp_path / name, RECORDS, len(RECORDS), form=TAR)
    a, b = ((tmp_path / name / "part-00000-of-00001.tar").read_bytes() for name in "ab")
    assert a == b


def test_a_host_without_pictures_writes_a_file_without_records(tmp_path: Path) -> None:
    write_shards(tmp_path, [], 0, form=TAR)
    assert list(read_shards(tmp_path)) == []


def test_a_folder_without_shards_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(RefusedError, match=r"\*.tfrecord or \*.tar, it holds notes.txt"):
        shard_files(tmp_path)


def test_two_formats_in_one_folder_are_refused(tmp_path: Path) -> None:
    for form in FORMATS:
        (tmp_path / f"part-00000-of-00001.{form}").touch()
    with pytest.raises(RefusedError, match="of two formats"):
        shard_files(tmp_path)


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"0.json": b'{"label": 0, "key": "k"}'}, "comes without its picture"),
        ({"0.png": b"x", "0.json": b"{"}, "Expecting"),
        ({"0.png": b"x", "0.json": b"{}"}, "label"),
    ],
)
def test_a_damaged_tar_file_is_refused(
    members: dict[str, bytes], told: str, tmp_path: Path
) -> None:
    write_tar(tmp_path, members)
    with pytest.raises(RefusedError, match=told):
        list(read_shards(tmp_path))


def test_tar_files_need_no_tensorflow() -> None:
    code = "import sys; from shared.images import shards; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT / "model_code", timeout=60)
