"""The files that travel with the stacks hold what they should, the same bytes each time."""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from infra import assets


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in {
        "contracts/__init__.py": "",
        "contracts/names.py": "NAME = 1\n",
        "contracts/__pycache__/names.cpython-312.pyc": "compiled",
        "model_code/birds/train.py": "print('train')\n",
        "model_code/birds/layers/conv.py": "",
        "model_code/birds/requirements.txt": "torchvision\n",
        "model_code/fish/train.py": "another workload's",
        "model_code/shared/faults.py": "",
        "model_code/birds/__pycache__/train.cpython-312.pyc": "compiled",
        "lambdas/__init__.py": "",
        "lambdas/intake/__init__.py": "",
        "lambdas/intake/gather.py": "",
        "lambdas/deployment/__init__.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(assets, "ROOT", tmp_path)
    return tmp_path


def archive_bytes() -> bytes:
    with assets.source_archive(source_dir="model_code/birds") as archive:
        return archive.read_bytes()


@pytest.mark.usefixtures("repository")
def test_a_source_archive_has_the_workloads_package_beside_what_is_shared_and_contracts() -> None:
    with (
        assets.source_archive(source_dir="model_code/birds") as archive,
        tarfile.open(archive, "r:gz") as tar,
    ):
        assert tar.getnames() == [
            "birds/layers/conv.py",
            "birds/requirements.txt",
            "birds/train.py",
            "contracts/__init__.py",
            "contracts/names.py",
            "requirements.txt",
            "shared/faults.py",
        ]
        assert {(m.uid, m.gid, m.mtime, m.mode) for m in tar.getmembers()} == {(0, 0, 0, 0o644)}


def test_a_source_archive_depends_on_names_and_contents_only(repository: Path) -> None:
    first = archive_bytes()
    copied = repository / "model_code" / "birds" / "train.py"
    shutil.copyfile(copied, copied.with_suffix(".new"))
    copied.with_suffix(".new").replace(copied)
    os.utime(copied, (1, 1))
    copied.chmod(0o700)
    assert archive_bytes() == first


def test_a_source_archive_changes_with_the_code(repository: Path) -> None:
    first = archive_bytes()
    (repository / "contracts" / "names.py").write_text("NAME = 2\n")
    assert archive_bytes() != first


@pytest.mark.usefixtures("repository")
def test_a_source_archive_carries_no_time_in_its_gzip_header() -> None:
    packed = archive_bytes()
    assert packed[4:8] == b"\0\0\0\0"
    assert gzip.decompress(packed)


@pytest.mark.usefixtures("repository")
def test_a_function_is_packed_with_its_own_folder_and_what_it_imports() -> None:
    with assets.staged_folder(packages=("contracts", "lambdas/intake")) as folder:
        found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*"))
    assert found == [
        "contracts/__init__.py",
        "contracts/names.py",
        "lambdas/__init__.py",
        "lambdas/intake/__init__.py",
        "lambdas/intake/gather.py",
    ]
    assert not folder.exists()


@pytest.mark.usefixtures("repository")
def test_a_missing_code_folder_is_named() -> None:
    with (
        pytest.raises(FileNotFoundError, match="model_code/cats is missing"),
        assets.source_archive(source_dir="model_code/cats"),
    ):
        pass


def test_an_empty_code_folder_is_named(repository: Path) -> None:
    (repository / "model_code" / "empty").mkdir()
    with (
        pytest.raises(FileNotFoundError, match="model_code/empty holds no file"),
        assets.source_archive(source_dir="model_code/empty"),
    ):
        pass
