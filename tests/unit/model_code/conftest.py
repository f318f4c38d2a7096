"""The workload's code as a container sees it: unpacked from its archive, run by file name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.assets import source_archive
from tests.unit.model_code.uploads import Upload, messy_upload

SOURCE = "model_code/cifar_tensorflow"

HELPERS = Path(__file__).parent / "helpers"
EPOCHS = 4
TRAINING = (
    "--model-type", "custom", "--optimizer", "adam", "--learning-rate", "0.005",
    "--batch-size", "16", "--epochs", str(EPOCHS),
)  # fmt: skip

Finished = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Container:
    """A folder with the unpacked code, and programs run in it."""

    code: Path

    def command(self, program: str | Path, *arguments: str | Path) -> list[str]:
        return [sys.executable, str(program), *map(str, arguments)]

    def environment(self, **variables: str | Path) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": str(self.code),
            "PYTHONUNBUFFERED": "1",
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "CUDA_VISIBLE_DEVICES": "",
            **{name: str(value) for name, value in variables.items()},
        }

    def run(self, program: str | Path, *arguments: str | Path, **variables: str | Path) -> Finished:
        return subprocess.run(
            self.command(program, *arguments),
            cwd=self.code,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=120,
        )

    def helper(self, name: str, *arguments: str | Path) -> Any:
        """What a program of helpers/ prints: JSON."""
        finished = self.run(HELPERS / f"{name}.py", *arguments)
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def container(tmp_path_factory: pytest.TempPathFactory) -> Container:
    from shared import archives

    code = tmp_path_factory.mktemp("code")
    with source_archive(source_dir=SOURCE) as archive, tarfile.open(archive) as tar:
        archives.extract(tar, code)
    return Container(code)


@dataclass(frozen=True)
class Prepared:
    """A prepared dataset; `records` by split: key, label, shape and pixels' digest of each."""

    upload: Upload
    folder: Path
    records: dict[str, list[dict[str, Any]]]
    log: str

    def json(self, path: str) -> Any:
        return json.loads((self.folder / path).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def prepared(container: Container, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    upload = messy_upload()
    folder = tmp_path_factory.mktemp("prepared")
    upload.write(folder / "upload")
    finished = container.run(
        HELPERS / "prepare_from_folder.py",
        folder / "upload",
        *("--manifest-dir", folder / "upload" / "manifest"),
        *("--output-dir", folder / "output"),
        *("--image-size", "16", "--min-images-per-class", "20", "--samples", "5"),
    )
    assert finished.returncode == 0, finished.stderr
    output = folder / "output"
    return Prepared(upload, output, container.helper("read_records", output), finished.stdout)


@dataclass(frozen=True)
class Trained:
    """A finished training."""

    folder: Path
    log: str

    @property
    def model(self) -> Path:
        return self.folder / "model"


@pytest.fixture(scope="session")
def training_variables(prepared: Prepared) -> Callable[[Path], dict[str, Path]]:
    def variables(folder: Path) -> dict[str, Path]:
        return {
            "SM_CHANNEL_TRAIN": prepared.folder / "train",
            "SM_CHANNEL_VALIDATION": prepared.folder / "validation",
            "SM_MODEL_DIR": folder / "model",
            "CHECKPOINT_DIR": folder / "checkpoints",
        }

    return variables


@pytest.fixture(scope="session")
def trained(
    container: Container,
    training_variables: Callable[[Path], dict[str, Path]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Trained:
    folder = tmp_path_factory.mktemp("trained")
    finished = container.run("cifar_tensorflow/train.py", *TRAINING, **training_variables(folder))
    assert finished.returncode == 0, finished.stderr
    with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
        tar.add(folder / "model", arcname=".")
    return Trained(folder, finished.stdout)
