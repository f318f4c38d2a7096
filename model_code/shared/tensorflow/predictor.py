"""A trained picture model, asked through the very signature that the endpoint serves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from shared import class_names, serving_code
from shared.faults import RefusedError
from shared.tensorflow import saved_model

Array = np.ndarray[Any, Any]


class Predictor:
    """A model that knows `classes`, which the data that it is asked about need not share."""

    def __init__(self, signature: Any, classes: tuple[str, ...], facts: dict[str, Any]) -> None:
        self._signature = signature
        self.classes = classes
        self.learning_curve: list[dict[str, Any]] = _curve(facts)
        self.hyperparameters: dict[str, Any] = dict(facts.get("hyperparameters", {}))

    def predict(self, inputs: Sequence[bytes]) -> Array:
        """Probabilities [n, classes] of n encoded pictures (PNG or JPEG).

        Raises:
            RefusedError: one of them cannot be decoded.
        """
        if not inputs:
            return np.zeros((0, len(self.classes)))
        try:
            answer = self._signature(image_bytes=tf.constant(list(inputs)))
        except tf.errors.OpError as error:
            raise RefusedError("data is damaged:", [str(error.message)]) from error
        probabilities: Array = answer["probabilities"].numpy()
        return probabilities


def load(model_dir: Path, classes: tuple[str, ...]) -> Predictor:
    """The model in a folder, unpacked as SageMaker unpacks model.tar.gz.

    Args:
        classes: of the data that it is to be asked about; this model brings its own.

    Raises:
        RefusedError: the folder holds no such model.
    """
    del classes
    code = model_dir / serving_code.FOLDER
    known = class_names.read(code)
    try:
        facts = json.loads((code / serving_code.FACTS).read_text(encoding="utf-8"))
        served = tf.saved_model.load(str(model_dir / saved_model.VERSION))
        signature = served.signatures["serving_bytes"]
    except (OSError, ValueError, KeyError) as error:
        raise RefusedError("the model is damaged:", [f"{model_dir}: {error}"]) from error
    return Predictor(signature, known, facts)


def _curve(facts: dict[str, Any]) -> list[dict[str, Any]]:
    history = facts.get("training", {}).get("history", ())
    return [{"epoch": number, **figures} for number, figures in enumerate(history, start=1)]
