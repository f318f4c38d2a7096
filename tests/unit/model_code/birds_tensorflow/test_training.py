from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.model_code.birds_tensorflow.conftest import SMALL
from tests.unit.model_code.conftest import Container

Variables = Callable[..., dict[str, Path | str]]
TRAIN = "birds_tensorflow/train.py"
LINE = re.compile(
    r"^epoch=(\d+) loss=[\d.]+ accuracy=[\d.]+ val_loss=[\d.]+ val_accuracy=[\d.]+ seconds", re.M
)


def test_on_pretrained_weights_the_head_comes_first_then_the_top_layers(
    container: Container, variables: Variables, weights: Path, tmp_path: Path
) -> None:
    given = variables(SM_CHANNEL_WEIGHTS=weights)
    finished = container.run(TRAIN, *SMALL, "--epochs", "3", "--head-epochs", "0.3", **given)
    assert finished.returncode == 0, finished.stderr
    assert "starting from the pretrained weights mobilenet_v2_0.35_224" in finished.stdout
    said = [line for line in finished.stdout.splitlines() if line.startswith(("phase", "epoch="))]
    assert [line.split()[0].rstrip(":") for line in said] == [
        *("phase", "epoch=1", "phase", "epoch=2", "epoch=3")
    ]
    assert LINE.findall(finished.stdout) == ["1", "2", "3"]
    files = {str(path.relative_to(tmp_path / "model")) for path in tmp_path.rglob("model/**/*")}
    assert {"1/saved_model.pb", "code/inference.py", "code/classes.json"} <= files


def test_without_pretrained_weights_the_log_says_so_and_all_layers_learn(
    container: Container, variables: Variables, tmp_path: Path
) -> None:
    finished = container.run(TRAIN, *SMALL, "--epochs", "1", **variables())
    assert finished.returncode == 0, finished.stderr
    assert "NO PRETRAINED WEIGHTS: the channel `weights` holds none" in finished.stdout
    assert "phase" not in finished.stdout
    facts = json.loads((tmp_path / "model" / "code" / "model.json").read_text())
    assert facts["image_shape"] == [32, 32, 3]
    assert len(facts["training"]["history"]) == 1


def test_a_training_that_was_stopped_between_its_phases_goes_on_with_the_next(
    container: Container, variables: Variables, weights: Path, tmp_path: Path
) -> None:
    given = variables(SM_CHANNEL_WEIGHTS=weights)
    arguments = (*SMALL, "--epochs", "2", "--head-epochs", "0.5")
    whole = container.run(TRAIN, *arguments, **given)
    (kept,) = (tmp_path / "checkpoints").iterdir()
    for name in ("state.npz", "best.npz", "checkpoint.json"):
        (kept / "epoch-00002" / name).unlink()
    again = container.run(TRAIN, *arguments, **given)
    assert "resuming after epoch 1 of 2" in again.stdout

    def second(log: str) -> str:
        return next(line for line in log.splitlines() if line.startswith("epoch=2")).split(" sec")[
            0
        ]

    assert second(again.stdout) == second(whole.stdout)


@pytest.mark.parametrize("alpha", ["0.5", "0.6"])
def test_a_width_without_weights_is_refused(
    container: Container, variables: Variables, weights: Path, alpha: str
) -> None:
    given = variables(SM_CHANNEL_WEIGHTS=weights)
    finished = container.run(TRAIN, "--alpha", alpha, **given)
    assert finished.returncode == 1
    assert "--alpha: " in finished.stderr
    assert "Traceback" not in finished.stderr
