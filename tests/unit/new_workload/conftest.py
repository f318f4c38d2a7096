"""A copy of what a new workload is written into: configuration and model code."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from new_workload.__main__ import create
from new_workload.request import NewWorkload

ROOT = Path(__file__).resolve().parents[3]

Repository = Callable[[Path], Path]


def copy_of_repository(folder: Path) -> Path:
    """`folder`, with what settings, type checks and programs of a workload need."""
    for name in ("config", "contracts", "model_code"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return copy_of_repository(tmp_path)


def new(
    root: Path, name: str = "my-wine", kind: str = "table", framework: str = "xgboost"
) -> list[Path]:
    """Make a workload."""
    return create(NewWorkload(root=root, name=name, kind=kind, framework=framework))
