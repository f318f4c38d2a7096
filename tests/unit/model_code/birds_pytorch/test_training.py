from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.unit.model_code.birds_pytorch.conftest import EDGE, EPOCHS, SMALL, folders, write_split
from tests.unit.model_code.conftest import HELPERS, Container, Finished, Trained
from tests.unit.model_code.uploads import LABELS

torch = pytest.importorskip("torch")

TRAIN = "birds_pytorch/train.py"
LINE = re.compile(
    r"^epoch=(\d+) loss=[\d.]+ accuracy=[\d.]+ val_loss=[\d.]+ val_accuracy=[\d.]+ "
    r"seconds=[\d.]+$",
    re.M,
)


def weights(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = torch.load(folder / "model" / "weights.pt", weights_only=True)
    return read


def in_two_processes(
    container: Container, program: Path | str, *arguments: Path | str, **variables: Path | str
) -> Finished:
    torchrun = Path(torch.__file__).parent / "distributed" / "run.py"
    placed = ("--standalone", "--nproc-per-node", "2", "--local-addr", "127.0.0.1")
    return container.run(torchrun, *placed, program, *arguments, **variables)


def test_the_log_has_a_line_an_epoch_and_says_what_it_starts_from(trained: Trained) -> None:
    assert LINE.findall(trained.log) == [str(epoch) for epoch in range(1, EPOCHS + 1)]
    assert "NO PRETRAINED WEIGHTS: the channel `weights` holds none" in trained.log
    assert "phase" not in trained.log


def test_it_learns(trained: Trained) -> None:
    facts = json.loads((trained.model / "code" / "model.json").read_text())
    assert facts["training"]["best_accuracy"] > 0.8


def test_the_model_has_weights_facts_and_the_code_that_serves_it(trained: Trained) -> None:
    files = {str(path.relative_to(trained.model)) for path in trained.model.rglob("*")}
    assert {
        "weights.pt",
        "code/inference.py",
        "code/classes.json",
        "code/birds_pytorch/network.py",
        "code/shared/pytorch/handlers.py",
        "code/shared/serving/picture_requests.py",
    } <= files
    facts = json.loads((trained.model / "code" / "model.json").read_text())
    assert facts["classes"] == list(LABELS)
    assert facts["image_shape"] == [EDGE, EDGE, 3]
    assert len(facts["training"]["history"]) == EPOCHS
    assert weights(trained.folder)["head.1.weight"].shape[0] == len(LABELS)


def test_a_training_that_was_stopped_ends_as_one_that_was_not(
    container: Container, birds: Path, trained: Trained, tmp_path: Path
) -> None:
    shutil.copytree(trained.folder / "checkpoints", tmp_path / "checkpoints")
    (kept,) = (tmp_path / "checkpoints").iterdir()
    (kept / f"epoch-{EPOCHS:05d}.pt").write_bytes(b"cut off")
    arguments = (*SMALL, "--epochs", str(EPOCHS))
    finished = container.run(TRAIN, *arguments, **folders(birds, tmp_path))
    assert finished.returncode == 0, finished.stderr
    assert f"epoch-{EPOCHS:05d}.pt is not whole" in finished.stdout
    assert f"resuming after epoch {EPOCHS - 1} of {EPOCHS}" in finished.stdout
    whole, resumed = weights(trained.folder), weights(tmp_path)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    facts = [
        json.loads((folder / "model" / "code" / "model.json").read_text())
        for folder in (trained.folder, tmp_path)
    ]
    assert facts[0] == facts[1]


def test_one_picture_a_class_is_enough(container: Container, tmp_path: Path) -> None:
    classes = ("one", "two")
    for split in ("train", "validation"):
        write_split(tmp_path / split, each=1, first=0, classes=classes)
    finished = container.run(TRAIN, *SMALL, "--epochs", "1", **folders(tmp_path, tmp_path))
    assert finished.returncode == 0, finished.stderr
    assert weights(tmp_path)["head.1.weight"].shape[0] == len(classes)


def test_several_processes_train_one_model(
    container: Container, birds: Path, tmp_path: Path
) -> None:
    finished = in_two_processes(
        container,
        *(TRAIN, *SMALL, "--batch-size", "8", "--learning-rate", "0.005", "--epochs", str(EPOCHS)),
        **folders(birds, tmp_path),
    )
    assert finished.returncode == 0, finished.stderr
    assert "8 pictures in each of 2 process(es)" in finished.stdout
    # One of them writes the log, the checkpoints and the model.
    assert LINE.findall(finished.stdout) == [str(epoch) for epoch in range(1, EPOCHS + 1)]
    facts = json.loads((tmp_path / "model" / "code" / "model.json").read_text())
    assert facts["training"]["best_accuracy"] > 0.8


def test_processes_leave_together(container: Container, birds: Path, tmp_path: Path) -> None:
    program = HELPERS / "leave_together.py"
    finished = in_two_processes(container, program, tmp_path / "done", **folders(birds, tmp_path))
    assert finished.returncode == 0, finished.stderr


def test_several_hosts_without_torchrun_are_refused(
    container: Container, birds: Path, tmp_path: Path
) -> None:
    given = folders(birds, tmp_path, SM_HOSTS='["algo-1", "algo-2"]', SM_CURRENT_HOST="algo-2")
    finished = container.run(TRAIN, *SMALL, **given)
    assert finished.returncode == 1
    assert "sagemaker_torch_distributed_enabled: is not set" in finished.stderr


def test_wrong_hyperparameters_are_refused_all_together(container: Container) -> None:
    finished = container.run(TRAIN, "--network", "resnet7", "--compile", "yes", "--rate", "1")
    assert finished.returncode == 1
    for name in ("--network", "--compile", "--rate"):
        assert name in finished.stderr
    assert "Traceback" not in finished.stderr
