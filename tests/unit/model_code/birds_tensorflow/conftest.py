"""Pictures large enough for MobileNetV2, and a file of its weights."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.assets import source_archive
from shared import archives
from tests.unit.model_code.conftest import HELPERS, Container
from tests.unit.model_code.uploads import Upload, clean_files

ALPHA = "0.35"
SMALL = ("--alpha", ALPHA, "--output-stride", "8", "--batch-size", "16", "--learning-rate", "0.002")


@pytest.fixture(scope="session")
def container(tmp_path_factory: pytest.TempPathFactory) -> Container:
    code = tmp_path_factory.mktemp("birds-code")
    with (
        source_archive(source_dir="model_code/birds_tensorflow") as archive,
        tarfile.open(archive) as tar,
    ):
        archives.extract(tar, code)
    return Container(code)


@pytest.fixture(scope="session")
def birds(container: Container, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("birds")
    Upload(clean_files(24)).write(folder / "upload")
    finished = container.run(
        HELPERS / "prepare_from_folder.py",
        folder / "upload",
        *("--manifest-dir", folder / "upload" / "manifest"),
        *("--output-dir", folder / "output", "--image-size", "32"),
    )
    assert finished.returncode == 0, finished.stderr
    return folder / "output"


@pytest.fixture(scope="session")
def weights(container: Container, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As keras.applications saves them, but random: real ones need the internet."""
    folder = tmp_path_factory.mktemp("weights")
    container.helper("save_mobilenet_weights", folder, ALPHA)
    return folder


@pytest.fixture
def variables(birds: Path, tmp_path: Path) -> Callable[..., dict[str, Path | str]]:
    def made(**more: Path | str) -> dict[str, Path | str]:
        return {
            "SM_CHANNEL_TRAIN": birds / "train",
            "SM_CHANNEL_VALIDATION": birds / "validation",
            "SM_MODEL_DIR": tmp_path / "model",
            "CHECKPOINT_DIR": tmp_path / "checkpoints",
            **more,
        }

    return made
