"""Files that travel with the stacks: Lambda folders and the workloads' source archives.

Both are built from the working tree, hold nothing but what they need, and are the same bytes
for the same files, so that two synths give the same asset hashes.
"""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

SHARED_CODE = "model_code/shared"

_IGNORED_FOLDERS = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"})
_IGNORED_SUFFIXES = frozenset({".pyc", ".pyo", ".swp"})
# SageMaker's toolkit and Lambda run as other users than the one that synthesised.
_FILE_MODE = 0o644


def source_files(folder: Path) -> list[Path]:
    """Files under `folder` that belong in an asset, sorted by path.

    Raises:
        FileNotFoundError: `folder` is missing or holds no such file.
    """
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{folder} is missing: it should hold the code that is packed into an asset"
        )
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not _IGNORED_FOLDERS.intersection(path.relative_to(folder).parts)
        and path.suffix not in _IGNORED_SUFFIXES
    )
    if not files:
        raise FileNotFoundError(f"{folder} holds no file to pack into an asset")
    return files


@contextmanager
def staged_folder(*, packages: tuple[str, ...]) -> Iterator[Path]:
    """A temporary folder holding the named folders of the repository, and nothing else.

    Args:
        packages: paths relative to the repository root, such as `contracts` or
            `lambdas/intake`. Each `__init__.py` above a nested one is taken along, so that it
            imports as it does in the repository.
    """
    with tempfile.TemporaryDirectory(prefix="asset-") as temporary:
        target = Path(temporary)
        for package in packages:
            for file in source_files(ROOT / package):
                _copy(file, target / file.relative_to(ROOT))
            for parent in (ROOT / package).relative_to(ROOT).parents:
                marker = ROOT / parent / "__init__.py"
                if parent != Path() and marker.is_file():
                    _copy(marker, target / parent / "__init__.py")
        yield target


@contextmanager
def source_archive(
    *, source_dir: str | None, texts: Mapping[str, str] | None = None
) -> Iterator[Path]:
    """`sourcedir.tar.gz` of a workload: its package, `shared` and `contracts` side by side.

    The layout is that of `sagemaker_submit_directory`: the root is on the path of Python in the
    containers, and a `requirements.txt` there is installed. Owners, times, modes and order are
    fixed, so the bytes depend on names and contents only.

    Args:
        source_dir: the workload's code folder, relative to the repository root; None where
            it has no code of its own.
        texts: further files at the root, by name.
    """
    own = [ROOT / source_dir] if source_dir else []
    members = {
        str(file.relative_to(folder.parent)): file.read_bytes()
        for folder in (*own, ROOT / SHARED_CODE, ROOT / "contracts")
        for file in source_files(folder)
    }
    for folder in own:
        requirements = folder / "requirements.txt"
        if requirements.is_file():
            members[requirements.name] = requirements.read_bytes()
    members |= {name: text.encode() for name, text in (texts or {}).items()}
    with tempfile.TemporaryDirectory(prefix="source-") as temporary:
        archive = Path(temporary) / "sourcedir.tar.gz"
        archive.write_bytes(_deterministic_tar_gz(members))
        yield archive


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(_FILE_MODE)


def _deterministic_tar_gz(members: Mapping[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(members):
            content = members[name]
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mode = _FILE_MODE
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), compresslevel=9, mtime=0)
