"""A machine without PyTorch says how to get it."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.runner import images
from local_cloud.settings import LocalCloudSettings
from tests.unit.local_cloud.pytorch.conftest import INFERENCE, TRAINING


@pytest.mark.parametrize("image", [TRAINING, INFERENCE])
def test_the_fault_names_the_file_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, image: str
) -> None:
    version = importlib.metadata.version

    def without_torch(name: str) -> str:
        if name == "torch":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without_torch)
    with pytest.raises(ValidationException, match=r"pip install -r requirements-torch\.txt"):
        images.resolve(LocalCloudSettings(state_dir=tmp_path), image)
    assert not (tmp_path / "environments").exists()


@pytest.mark.parametrize("image", [TRAINING, INFERENCE])
def test_the_file_that_the_table_names_is_there(tmp_path: Path, image: str) -> None:
    entry = images.table_entry(LocalCloudSettings(state_dir=tmp_path), image)
    assert (images.SOURCE_ROOT / entry["requirements"]).is_file()
