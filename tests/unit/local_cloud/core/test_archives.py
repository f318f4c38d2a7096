from __future__ import annotations

import io
import sys
import tarfile
from pathlib import Path

import pytest

from local_cloud.containers import archives


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> tarfile.TarFile:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    packed.seek(0)
    return tarfile.open(fileobj=packed)


WITH_FILTERS, WITHOUT = "with filters", "before Python 3.11.4"
# Without a filter, Python 3.12 and newer warn.
PYTHONS = [WITH_FILTERS, WITHOUT] if sys.version_info < (3, 12) else [WITH_FILTERS]


@pytest.fixture(params=PYTHONS)
def _python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == WITHOUT:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)


def link(name: str, target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member


@pytest.mark.usefixtures("_python")
def test_files_and_folders_are_unpacked(tmp_path: Path) -> None:
    with archive((tarfile.TarInfo("1/größe 1.txt"), b"data")) as tar:
        archives.extract(tar, tmp_path)
    assert (tmp_path / "1" / "größe 1.txt").read_bytes() == b"data"


@pytest.mark.usefixtures("_python")
@pytest.mark.parametrize(
    "member",
    [tarfile.TarInfo("../escaped"), link("inner", "/etc/passwd"), link("up", "../../up")],
    ids=lambda member: str(member.name),
)
def test_what_would_leave_the_folder_is_refused(tmp_path: Path, member: tarfile.TarInfo) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    with archive((member, b"")) as tar, pytest.raises(tarfile.TarError):
        archives.extract(tar, folder)
    assert list(tmp_path.iterdir()) == [folder]
    assert list(folder.iterdir()) == []
