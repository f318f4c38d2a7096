"""Small pictures of three classes in tar files, and what was trained on them."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.assets import source_archive
from shared import archives, class_names
from shared.images.shards import TAR, Record, write_shards
from tests.unit.model_code.conftest import Container, Trained
from tests.unit.model_code.uploads import LABELS, encode, picture

EDGE = 24
EPOCHS = 4
SMALL = (
    "--stem", "small", "--batch-size", "16", "--learning-rate", "0.01", "--augmentation", "shift"
)  # fmt: skip
Variables = Callable[..., dict[str, Path | str]]


def write_split(folder: Path, *, each: int, first: int, classes: tuple[str, ...] = LABELS) -> None:
    """As shared.images.prepare writes a split."""
    records = [
        Record(encode(picture(label, first + number, edge=EDGE)), label, f"{name}/{number}.png")
        for number in range(each)
        for label, name in enumerate(classes)
    ]
    write_shards(folder, records, len(records), form=TAR)
    class_names.write(folder, classes)


@pytest.fixture(scope="session")
def container(tmp_path_factory: pytest.TempPathFactory) -> Container:
    code = tmp_path_factory.mktemp("birds-pytorch-code")
    with (
        source_archive(source_dir="model_code/birds_pytorch") as archive,
        tarfile.open(archive) as tar,
    ):
        archives.extract(tar, code)
    return Container(code)


@pytest.fixture(scope="session")
def birds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("birds-pytorch")
    write_split(folder / "train", each=24, first=0)
    write_split(folder / "validation", each=6, first=100)
    return folder


def folders(birds: Path, folder: Path, **more: Path | str) -> dict[str, Path | str]:
    """The variables of a training job."""
    return {
        "SM_CHANNEL_TRAIN": birds / "train",
        "SM_CHANNEL_VALIDATION": birds / "validation",
        "SM_MODEL_DIR": folder / "model",
        "CHECKPOINT_DIR": folder / "checkpoints",
        "OMP_NUM_THREADS": "1",
        **more,
    }


@pytest.fixture(scope="session")
def trained(container: Container, birds: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("birds-pytorch-trained")
    arguments = (*SMALL, "--epochs", str(EPOCHS))
    finished = container.run("birds_pytorch/train.py", *arguments, **folders(birds, folder))
    assert finished.returncode == 0, finished.stderr
    return Trained(folder, finished.stdout)
