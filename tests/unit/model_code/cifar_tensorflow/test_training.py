from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.assets import ROOT
from tests.unit.model_code.conftest import EPOCHS, TRAINING, Container, Prepared, Trained

Variables = Callable[[Path], dict[str, Path]]


def epochs(log: str) -> dict[int, dict[str, float]]:
    """The figures of each epoch's line, by epoch, found as the tuning job finds them."""
    found = {}
    for line in log.splitlines():
        if match := re.match(r"epoch=(\d+) ", line):
            pairs = re.findall(r"\b(\w+)=([0-9.eE+-]+)", line)
            found[int(match[1])] = {name: float(value) for name, value in pairs}
    return found


def test_each_epoch_prints_one_line_with_all_metrics(trained: Trained) -> None:
    assert list(epochs(trained.log)) == list(range(1, EPOCHS + 1))
    for figures in epochs(trained.log).values():
        assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(figures)


def test_the_workloads_expressions_find_the_metrics_and_nothing_after_the_last_epoch(
    trained: Trained,
) -> None:
    import yaml

    workload = yaml.safe_load((ROOT / "config/workloads/cifar-tensorflow.yaml").read_text())
    last = epochs(trained.log)[EPOCHS]
    for name, expression in workload["tuning"]["metrics"].items():
        values = [float(value) for value in re.findall(expression, trained.log)]
        assert len(values) == EPOCHS
        assert values[-1] == last[name]


def test_the_network_learns(trained: Trained) -> None:
    assert epochs(trained.log)[EPOCHS]["val_accuracy"] >= 0.9


def test_the_model_is_laid_out_as_the_serving_container_wants_it(trained: Trained) -> None:
    files = {str(path.relative_to(trained.model)) for path in trained.model.rglob("*")}
    assert {"1/saved_model.pb", "1/variables/variables.index"} <= files
    assert {"code/inference.py", "code/classes.json", "code/model.json"} <= files
    assert {"code/shared/__init__.py", "code/shared/serving/tensorflow_handlers.py"} <= files
    # The container would install it from the network, which an isolated endpoint has not.
    assert "code/requirements.txt" not in files
    facts = json.loads((trained.model / "code" / "model.json").read_text())
    assert facts["image_shape"] == [16, 16, 3]
    assert facts["hyperparameters"]["optimizer"] == "adam"
    assert 1 <= facts["training"]["best_epoch"] <= EPOCHS


def test_a_killed_training_goes_on_with_the_next_epoch_as_if_nothing_had_been(
    container: Container, training_variables: Variables, trained: Trained, tmp_path: Path
) -> None:
    variables = training_variables(tmp_path)
    second = "epoch-00002"
    with subprocess.Popen(
        container.command("cifar_tensorflow/train.py", *TRAINING),
        cwd=container.code,
        env=container.environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as killed:
        deadline = time.monotonic() + 100
        while not list(tmp_path.glob(f"checkpoints/*/{second}")):
            assert killed.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
        killed.send_signal(signal.SIGKILL)
    finished = container.run("cifar_tensorflow/train.py", *TRAINING, **variables)
    assert finished.returncode == 0, finished.stderr
    (done,) = re.findall(rf"resuming after epoch (\d) of {EPOCHS}", finished.stdout)
    assert int(done) >= 2
    again = epochs(finished.stdout)
    assert list(again) == list(range(int(done) + 1, EPOCHS + 1))
    for epoch, figures in again.items():
        assert figures["loss"] == pytest.approx(epochs(trained.log)[epoch]["loss"], rel=0.05)
    assert (tmp_path / "model" / "1" / "saved_model.pb").is_file()


def test_a_finished_training_started_again_only_exports(
    container: Container, training_variables: Variables, trained: Trained, tmp_path: Path
) -> None:
    variables = {**training_variables(trained.folder), "SM_MODEL_DIR": tmp_path / "model"}
    finished = container.run("cifar_tensorflow/train.py", *TRAINING, **variables)
    assert finished.returncode == 0, finished.stderr
    assert epochs(finished.stdout) == {}
    first = (trained.model / "code" / "model.json").read_text()
    assert (tmp_path / "model" / "code" / "model.json").read_text() == first


def test_data_that_does_not_fit_is_refused_in_words(
    container: Container, prepared: Prepared, training_variables: Variables, tmp_path: Path
) -> None:
    cases: dict[str, tuple[dict[str, Any], str]] = {
        "empty channel": ({"SM_CHANNEL_TRAIN": tmp_path}, f"{tmp_path}/classes.json: is missing"),
    }
    no_records = tmp_path / "no records"
    no_records.mkdir()
    (no_records / "classes.json").write_text('["a", "b"]')
    cases["no records"] = ({"SM_CHANNEL_TRAIN": no_records}, "no file *.tfrecord, it holds classes")
    torn = tmp_path / "torn"
    torn.mkdir()
    (torn / "classes.json").write_text('["a", "b"]')
    (torn / "part-00000-of-00001.tfrecord").write_bytes(b"no record")
    cases["torn"] = ({"SM_CHANNEL_VALIDATION": torn}, f"{torn}: ")
    other = tmp_path / "other"
    other.mkdir()
    (other / "classes.json").write_text('["a", "b", "c"]')
    for file in (prepared.folder / "validation").glob("*.tfrecord"):
        (other / file.name).write_bytes(file.read_bytes())
    cases["other classes"] = ({"SM_CHANNEL_VALIDATION": other}, f"{other}: has the classes")
    answers = container.helper("refusals", *_cases_file(tmp_path, cases, training_variables))
    for (name, (_, expected)), told in zip(cases.items(), answers, strict=True):
        assert expected in told, name


def _cases_file(
    tmp_path: Path, cases: dict[str, tuple[dict[str, Any], str]], variables: Variables
) -> list[Path]:
    """All cases in one process: TensorFlow takes seconds to import."""
    environments = [
        {name: str(value) for name, value in {**variables(tmp_path), **changes}.items()}
        for changes, _ in cases.values()
    ]
    file = tmp_path / "cases.json"
    file.write_text(json.dumps(environments))
    return [file]
