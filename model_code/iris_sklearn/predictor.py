"""Asks a trained model of this workload, for the evaluation: see `shared.evaluation`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from iris_sklearn import model_files
from iris_sklearn.channels import Array
from iris_sklearn.faults import RefusedError
from shared import faults


class Predictor:
    """A loaded model.

    Attributes:
        classes: names by class index, as the model was trained.
        hyperparameters: that it was trained with.
    """

    def __init__(self, model: model_files.Model) -> None:
        self.classes = model.names.classes
        self.hyperparameters: dict[str, Any] = model.hyperparameters
        self._model = model

    def predict(self, inputs: Array) -> Array:
        """Probabilities (n, classes) of rows (n, features), NaN where a field is missing.

        Raises:
            shared.faults.RefusedError: for rows of another width.
        """
        trained, given = len(self._model.names.features), inputs.shape[1]
        if given != trained:
            raise faults.RefusedError(
                "the model does not fit the data:",
                [f"it was trained on {trained} features, a row has {given}"],
            )
        return self._model.predict(inputs)


def load(model_dir: Path, classes: tuple[str, ...]) -> Predictor:
    """The model in a folder, unpacked; it names its own classes.

    Raises:
        shared.faults.RefusedError: it is missing, damaged or not to be trusted.
    """
    try:
        return Predictor(model_files.load(model_dir))
    except RefusedError as error:
        what = str(error).partition("\n")[0]
        raise faults.RefusedError(what, error.faults) from error
