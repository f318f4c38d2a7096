"""The stand-in's data and metrics, in this process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from local_cloud.containers import (
    xgboost_data,
    xgboost_hyperparameters,
    xgboost_metrics,
    xgboost_training,
)
from local_cloud.containers.xgboost_errors import TrainingError, UserError

ROOT = Path(__file__).resolve().parents[4]
# XGBoost warns that its text loader will go; the container reads its channels by it.
pytestmark = pytest.mark.filterwarnings("ignore:.*Text file input has been deprecated:UserWarning")


def _load(folder: Path, content_type: str | None = "text/csv", **more: Any) -> xgboost.DMatrix:
    return xgboost_data.load("train", folder, content_type, **{"weights": False, **more})


def test_csv_has_the_label_first_and_empty_fields_are_missing(tmp_path: Path) -> None:
    (tmp_path / "odd ?name#.csv").write_text("1,2,3\n0,,5\n")
    matrix = _load(tmp_path)
    assert (matrix.num_row(), matrix.num_col(), matrix.num_nonmissing()) == (2, 2, 3)
    assert list(matrix.get_label()) == [1, 0]


def test_csv_weights_are_the_second_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,0.5,3\n0,2,5\n")
    matrix = _load(tmp_path, weights=True)
    assert list(matrix.get_weight()) == [0.5, 2]
    assert matrix.num_col() == 1


def test_libsvm_takes_weights_and_counts_from_zero(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1:0.5 0:1 2:3\n0:2 1:4\n")
    matrix = _load(tmp_path, None)
    assert (matrix.num_row(), matrix.num_col()) == (2, 3)
    assert list(matrix.get_weight()) == [0.5, 2]


@pytest.mark.parametrize(
    ("content_type", "text", "words"),
    [
        ("text/csv", "species,width\n1,2\n", "Non-numeric value 'species' found in the header"),
        ("text/csv", "1\n", "Could not determine delimiter on line 1"),
        ("text/libsvm", "1,2,3\n", "First line '1,2,3...' of file 'a' is not 'LIBSVM' format."),
        ("text/csv", "", "No data in training channel path"),
    ],
)
def test_data_of_another_form_is_refused(
    tmp_path: Path, content_type: str, text: str, words: str
) -> None:
    (tmp_path / "a").write_text(text)
    with pytest.raises(UserError) as caught:
        _load(tmp_path, content_type)
    assert words in str(caught.value)


def test_a_hidden_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_text("1")
    with pytest.raises(UserError, match="Hidden file found in the data path"):
        _load(tmp_path)


def test_faults_of_channels_are_all_found() -> None:
    channels = {
        "validation": {"ContentType": "application/x-parquet"},
        "test": {"ContentType": "text/csv"},
    }
    faults = xgboost_data.channel_faults(channels)
    assert faults[0] == "Missing required channel: train"
    assert faults[1].startswith("Channel validation: application/x-parquet: the local cloud's")
    assert faults[2] == "Extraneous channel found: test"


def test_channels_of_two_content_types_are_refused() -> None:
    channels = {"train": {"ContentType": "text/csv"}, "validation": {}}
    (fault,) = xgboost_data.channel_faults(channels)
    assert fault.endswith("train is csv, validation is libsvm")


@pytest.mark.parametrize(
    ("objective", "predictions", "accuracy"),
    [
        ("multi:softmax", np.array([0.0, 2.0, 1.0, 1.0]), 0.75),
        ("multi:softprob", np.eye(3)[[0, 2, 1, 1]], 0.75),
        ("binary:logistic", np.array([0.2, 0.9, 0.8, 0.1]), 0.5),
        ("binary:logitraw", np.array([-3.0, 3.0, 0.2, -0.1]), 0.5),
    ],
)
def test_accuracy_is_of_classes_whatever_the_objective_predicts(
    objective: str, predictions: Any, accuracy: float
) -> None:
    multiclass = objective.startswith("multi")
    labels = [0, 2, 1, 0] if multiclass else [0, 1, 0, 1]
    matrix = xgboost.DMatrix(np.zeros((4, 1)), label=labels)
    evaluate = xgboost_metrics.evaluator(["accuracy"], objective)
    assert evaluate(predictions, matrix) == [("accuracy", accuracy)]


def _binary(rows: int = 60) -> xgboost.DMatrix:
    features = np.random.default_rng(0).random((rows, 3))
    return xgboost.DMatrix(features, label=features[:, 0] > 0.5)


def _train(**given: str) -> tuple[xgboost.Booster, dict[str, Any]]:
    values, faults = xgboost_hyperparameters.parse({"objective": "binary:logistic", **given})
    assert not faults
    matrix = _binary()
    return xgboost_training.train(values, {"train": matrix, "validation": matrix}), values


@pytest.mark.parametrize(
    "metric",
    sorted(xgboost_metrics._OF_CLASSES | xgboost_metrics._OF_VALUES),
)
def test_every_metric_of_the_container_is_in_the_log(
    metric: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _train(num_round="1", _tuning_objective_metric=f"validation:{metric}")
    assert f"#011validation-{metric}:" in capsys.readouterr().out


def test_training_stops_early_and_keeps_the_best_rounds() -> None:
    booster, _ = _train(num_round="200", early_stopping_rounds="3", eval_metric="auc,error")
    assert booster.num_boosted_rounds() < 100


def test_what_xgboost_refuses_is_said_without_its_stack_trace() -> None:
    values, _ = xgboost_hyperparameters.parse({"num_round": "1", "objective": "binary:logistic"})
    matrix = xgboost.DMatrix(np.zeros((2, 1)), label=[0, -1])
    with pytest.raises(TrainingError, match="XGB train call failed") as caught:
        xgboost_training.train(values, {"train": matrix})
    assert "Check failed" in str(caught.value)
    assert "Stack trace" not in str(caught.value)


def test_a_stopped_job_keeps_what_is_trained_where_it_is_asked_to(tmp_path: Path) -> None:
    config = tmp_path / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(
        '{"num_round": "1000000", "save_model_on_termination": "true"}'
    )
    (config / "inputdataconfig.json").write_text('{"train": {"ContentType": "csv"}}')
    (tmp_path / "input" / "data" / "train").mkdir(parents=True)
    (tmp_path / "input" / "data" / "train" / "a.csv").write_text("1,2\n0,3\n")
    model = tmp_path / "model" / "xgboost-model"
    process = subprocess.Popen(
        [sys.executable, "-m", "local_cloud.containers.xgboost_training"],
        env={**os.environ, "SAGEMAKER_BASE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not model.is_file():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    booster = xgboost.Booster()
    booster.load_model(bytearray(model.read_bytes()))
    assert booster.num_boosted_rounds() >= 1
    assert [file.name for file in model.parent.iterdir()] == ["xgboost-model"]
