"""A Keras network for tables in the form that TensorFlow Serving serves; written and asked.

1/       SavedModel with the signature serving_default: `features` float32 [n, features], NaN
         where missing, to `probabilities` [n, classes]
code/    see `shared.serving_code`
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from contracts.table_schema import TableSchema
from shared import class_names, serving_code
from shared.faults import RefusedError

VERSION = "1"

Array = np.ndarray[Any, Any]


def write(
    folder: Path,
    model: keras.Model,
    *,
    schema: TableSchema,
    inference: Path,
    hyperparameters: Mapping[str, Any],
    history: Sequence[Mapping[str, float]] = (),
) -> None:
    """Write model and serving code into `folder`.

    Args:
        model: from floats [n, features] to probabilities [n, classes].
        history: loss and other figures of each epoch.
    """

    def of_features(features: Any) -> dict[str, Any]:
        return {"probabilities": model(features, training=False)}

    archive = keras.export.ExportArchive()
    archive.track(model)
    signature = tf.TensorSpec([None, len(schema.features)], tf.float32, name="features")
    archive.add_endpoint("serving_default", of_features, input_signature=[signature])
    archive.write_out(str(folder / VERSION), verbose=False)
    serving_code.write(
        folder,
        inference=inference,
        classes=schema.classes,
        facts={
            "features": list(schema.feature_names),
            "hyperparameters": dict(hyperparameters),
            "history": list(history),
        },
    )


class Predictor:
    """A trained model, asked through the very signature that the endpoint serves."""

    def __init__(self, signature: Any, classes: tuple[str, ...], facts: dict[str, Any]) -> None:
        self._signature = signature
        self.classes = classes
        self.hyperparameters: dict[str, Any] = facts["hyperparameters"]
        self.learning_curve: list[dict[str, Any]] = [
            {"epoch": number, **figures} for number, figures in enumerate(facts["history"], start=1)
        ]

    def predict(self, inputs: Array) -> Array:
        """Probabilities (n, classes) of rows (n, features), NaN where a field is missing."""
        answer = self._signature(features=tf.constant(inputs, tf.float32))
        probabilities: Array = answer["probabilities"].numpy()
        return probabilities


def load(model_dir: Path, classes: tuple[str, ...]) -> Predictor:
    """The model in a folder, unpacked; it names its own classes.

    Raises:
        RefusedError: the folder holds no such model.
    """
    del classes
    code = model_dir / serving_code.FOLDER
    known = class_names.read(code)
    try:
        facts = json.loads((code / serving_code.FACTS).read_text(encoding="utf-8"))
        served = tf.saved_model.load(str(model_dir / VERSION))
        return Predictor(served.signatures["serving_default"], known, facts)
    except (OSError, ValueError, KeyError) as error:
        raise RefusedError("the model is damaged:", [f"{model_dir}: {error}"]) from error
