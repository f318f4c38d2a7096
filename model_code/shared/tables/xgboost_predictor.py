"""Asks a model of AWS's built-in XGBoost, for the evaluation: see `shared.evaluation`.

The algorithm writes one file, `xgboost-model`, in the format of `Booster.save_model`. It holds
no names: neither of classes nor of features. A pickle, which old releases wrote, is refused,
because loading one runs whatever code was put into it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from shared.faults import RefusedError

FILE = "xgboost-model"
_PICKLE = b"\x80"
_ONE_NUMBER = ("binary:logistic", "reg:logistic", "binary:logitraw")
_LISTS = ("multi:softprob", "multi:softmax")

Array = np.ndarray[Any, Any]


class Predictor:
    """A loaded model.

    Attributes:
        classes: names by class index.
        rounds: of boosting.
    """

    def __init__(self, booster: xgboost.Booster, classes: Sequence[str], objective: str) -> None:
        self.classes = tuple(classes)
        self.rounds = booster.num_boosted_rounds()
        self._booster = booster
        self._objective = objective

    def predict(self, inputs: Array) -> Array:
        """Probabilities (n, classes) of rows (n, features), NaN where a field is missing."""
        return self._probabilities(self._matrix(inputs), 0)

    def staged(self, inputs: Array) -> Iterator[tuple[int, Array]]:
        """After each round, from 1: its number and what the model answered by then."""
        matrix = self._matrix(inputs)
        for end in range(1, self.rounds + 1):
            yield end, self._probabilities(matrix, end)

    def _matrix(self, inputs: Array) -> xgboost.DMatrix:
        """Raises RefusedError for rows of another width."""
        trained, given = self._booster.num_features(), inputs.shape[1]
        if given != trained:
            raise RefusedError(
                "the model does not fit the data:",
                [f"it was trained on {trained} features, a row has {given}"],
            )
        return xgboost.DMatrix(inputs, missing=np.nan)

    def _probabilities(self, matrix: xgboost.DMatrix, rounds: int) -> Array:
        """By the first `rounds` rounds, 0 for all. Margins are what all objectives have."""
        margins = self._booster.predict(
            matrix, output_margin=True, iteration_range=(0, rounds), validate_features=False
        ).astype(np.float64)
        if self._objective in _LISTS:
            powers = np.exp(margins - margins.max(axis=1, keepdims=True))
            found: Array = powers / powers.sum(axis=1, keepdims=True)
            return found
        positive = 1 / (1 + np.exp(-margins))
        return np.column_stack([1 - positive, positive])


def load(model_dir: Path, classes: tuple[str, ...]) -> Predictor:
    """The model in a folder, unpacked.

    Args:
        classes: names by class index, of the data that it was trained on.

    Raises:
        RefusedError: there is none, it is no classifier, or not of this many classes.
    """
    path = model_dir / FILE
    if not path.is_file():
        raise RefusedError("the model is missing:", [f"{path}: is missing"])
    content = path.read_bytes()
    if content.startswith(_PICKLE):
        raise RefusedError(
            "the model is refused:",
            [
                f"{path}: is a pickle, and loading one runs the code in it; use release 1.3 or "
                "later of the algorithm, which saves models in XGBoost's own format"
            ],
        )
    if not content:
        # The library would end the whole process.
        raise RefusedError("the model is damaged:", [f"{path}: is empty"])
    booster = xgboost.Booster()
    try:
        booster.load_model(bytearray(content))
        learner = json.loads(booster.save_config())["learner"]
    except (xgboost.core.XGBoostError, ValueError) as error:
        told = str(error).split("Stack trace:")[0].strip()
        raise RefusedError("the model is damaged:", [f"{path}: {told}"]) from error
    objective = str(learner["objective"]["name"])
    known = max(int(learner["learner_model_param"].get("num_class", "0")), 2)
    faults = []
    if objective not in (*_ONE_NUMBER, *_LISTS):
        allowed = ", ".join((*_ONE_NUMBER, *_LISTS))
        faults.append(f"objective {objective} gives no probabilities of classes; use {allowed}")
    elif known != len(classes):
        faults.append(
            f"it was trained on {known} classes, the data has {len(classes)} ({', '.join(classes)})"
            "; the model file holds no names by which they could be told apart"
        )
    if faults:
        raise RefusedError("the model does not fit the data:", faults)
    return Predictor(booster, classes, objective)
