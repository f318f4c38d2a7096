"""Stands for the ``train`` command of AWS's built-in XGBoost: its algorithm mode.

What it simulates: the container's hyperparameters with their ranges and its words where they are
broken, its channels and content types, the metrics in its log, its model file. What trains is the
``xgboost`` library itself.
What it lacks: script mode, cross-validation (``_kfold``), GPUs and Dask, Parquet and RecordIO.

Contract: "XGBoost algorithm with Amazon SageMaker AI" in the developer guide, and
https://github.com/aws/sagemaker-xgboost-container.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xgboost

from local_cloud.containers import (
    xgboost_checkpoints,
    xgboost_data,
    xgboost_hyperparameters,
    xgboost_metric_names,
    xgboost_metrics,
)
from local_cloud.containers.xgboost_data import TRAIN, VALIDATION
from local_cloud.containers.xgboost_errors import TrainingError, UserError

logger = logging.getLogger("xgboost_training")
BASE = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
MODEL_NAME = "xgboost-model"
_OF_THE_CONTAINER = (
    "num_round",
    "csv_weights",
    "early_stopping_rounds",
    "save_model_on_termination",
    "use_dask_gpu_training",
    xgboost_hyperparameters.OBJECTIVE_KEY,
)
"""Hyperparameters that XGBoost itself has not."""


def main() -> int:
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stdout,
        format="[%(asctime)s:%(levelname)s] %(message)s",
        datefmt="%Y-%m-%d:%H:%M:%S",
    )
    try:
        run()
    except (UserError, TrainingError) as error:
        logger.error("%s: %s", type(error).__name__, error)
        output = BASE / "output"
        output.mkdir(parents=True, exist_ok=True)
        text = f"framework error: \n{type(error).__name__}: {error}"
        (output / "failure").write_text(text, encoding="utf-8")
        return 1
    return 0


def run() -> None:
    """Raises UserError with every fault of the request, or of the data; TrainingError."""
    config = BASE / "input" / "config"
    given = _read_json(config / "hyperparameters.json")
    channels = _read_json(config / "inputdataconfig.json")
    if "sagemaker_program" in given:
        raise UserError(
            [
                "The local cloud's stand-in for XGBoost has no script mode: leave out "
                "sagemaker_program and sagemaker_submit_directory."
            ]
        )
    values, faults = xgboost_hyperparameters.parse(given)
    faults += xgboost_data.channel_faults(channels)
    if faults:
        raise UserError(faults)
    weights = values.get("csv_weights") == 1
    matrices = {
        name: xgboost_data.load(
            name,
            BASE / "input" / "data" / name,
            channels[name].get("ContentType"),
            weights=weights,
        )
        for name in (TRAIN, VALIDATION)
        if name in channels
    }
    _report(matrices)
    booster = train(values, matrices)
    save(booster, BASE / "model")


def _report(matrices: Mapping[str, xgboost.DMatrix]) -> None:
    logger.info("Single node training.")
    train_matrix = matrices[TRAIN]
    logger.info(
        "Train matrix has %d rows and %d columns", train_matrix.num_row(), train_matrix.num_col()
    )
    if VALIDATION in matrices:
        logger.info("Validation matrix has %d rows", matrices[VALIDATION].num_row())


def train(values: Mapping[str, Any], matrices: Mapping[str, xgboost.DMatrix]) -> xgboost.Booster:
    """Train on ``train``, measuring on every matrix after each round.

    Raises TrainingError in XGBoost's words.
    """
    wanted = _wanted_metrics(values)
    computed = [name for name in wanted if name in xgboost_metric_names.COMPUTED_BY_CONTAINER]
    parameters = {key: value for key, value in values.items() if key not in _OF_THE_CONTAINER}
    if "updater" in parameters:
        parameters["updater"] = ",".join(parameters["updater"])
    parameters.pop("eval_metric", None)
    if own := [name for name in wanted if name not in computed]:
        parameters["eval_metric"] = own
    objective = values.get("objective", xgboost_hyperparameters.DEFAULT_OBJECTIVE)
    checkpoint, done = xgboost_checkpoints.latest(BASE)
    try:
        return xgboost.train(
            parameters,
            matrices[TRAIN],
            num_boost_round=max(values["num_round"] - done, 0),
            evals=[(matrix, name) for name, matrix in matrices.items()],
            custom_metric=xgboost_metrics.evaluator(computed, objective) if computed else None,
            callbacks=_callbacks(values, wanted, VALIDATION in matrices, done),
            xgb_model=checkpoint,
            verbose_eval=False,
        )
    except (xgboost.core.XGBoostError, ValueError, TypeError) as error:
        brief = xgboost_data.brief(error)
        raise TrainingError(f"XGB train call failed with exception:\n {brief}") from error


def _wanted_metrics(values: Mapping[str, Any]) -> list[str]:
    """Those of eval_metric and the tuning job's objective, of which there may be neither."""
    asked: list[str] = values.get("eval_metric", [])
    objective = values.get(xgboost_hyperparameters.OBJECTIVE_KEY)
    if objective is None:
        return asked
    tuned = objective.partition(":")[2]
    return sorted({*asked, tuned})


def _callbacks(
    values: Mapping[str, Any], wanted: list[str], validated: bool, done: int
) -> list[xgboost.callback.TrainingCallback]:
    callbacks: list[xgboost.callback.TrainingCallback] = [_LogEvaluation()]
    if xgboost_checkpoints.wanted(BASE):
        callbacks.append(xgboost_checkpoints.Save(BASE, done))
    if values.get("save_model_on_termination") == "true":
        callbacks.append(_SaveEachRound(BASE / "model"))
    rounds = values.get("early_stopping_rounds")
    if rounds and validated and wanted:
        objective = values.get(xgboost_hyperparameters.OBJECTIVE_KEY)
        metric = objective.partition(":")[2] if objective else values["eval_metric"][-1]
        callbacks.append(
            xgboost.callback.EarlyStopping(
                rounds=rounds,
                data_name=VALIDATION,
                metric_name=metric,
                maximize=metric.partition("@")[0] in xgboost_metric_names.MAXIMIZED,
                save_best=True,
            )
        )
    return callbacks


class _LogEvaluation(xgboost.callback.TrainingCallback):
    """A line a round in XGBoost's own form, but for its tabs.

    On AWS a log's tabs arrive as ``#011``, and the algorithm's metric definitions look for that.
    """

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        measured = [
            f"{data}-{metric}:{values[-1]:.5f}"
            for data, metrics in evals_log.items()
            for metric, values in metrics.items()
        ]
        print("#011".join([f"[{epoch}]", *measured]), flush=True)
        return False


class _SaveEachRound(xgboost.callback.TrainingCallback):
    """save_model_on_termination: what is trained so far is the model of a stopped job."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        signal.signal(signal.SIGTERM, lambda _number, _frame: os._exit(0))

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        save(model, self._folder)
        return False


def save(booster: xgboost.Booster, folder: Path) -> None:
    """``xgboost-model`` in XGBoost's own format (UBJSON), whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    # Not in the model's folder: what is half written must not be packed with it.
    half_written = folder.with_name(f".{MODEL_NAME}")
    half_written.write_bytes(booster.save_raw("ubj"))
    half_written.replace(folder / MODEL_NAME)


def _read_json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


if __name__ == "__main__":
    sys.exit(main())
