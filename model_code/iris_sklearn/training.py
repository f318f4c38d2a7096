"""Trains a model: what the container does as `train`."""

from __future__ import annotations

import sys
import traceback

import numpy as np
from sklearn.metrics import f1_score, log_loss

from iris_sklearn import channels, hyperparameters, model_files
from iris_sklearn.channels import Array
from iris_sklearn.estimators import build
from iris_sklearn.faults import RefusedError
from iris_sklearn.model_files import Model
from iris_sklearn.places import Places

_FAILURE_CHARACTERS = 1024


def train(places: Places) -> None:
    """Read, train, print figures, save. Raises RefusedError.

    The figures are for metric definitions such as `val_accuracy=([0-9.]+)`.
    """
    chosen = hyperparameters.read(places.hyperparameters)
    names = channels.read_names(places.channel("schema"))
    inputs, labels = channels.read_table(places.channel("train"), names)
    held_out = channels.read_table(places.channel("validation"), names)
    if len(np.unique(labels)) < 2:
        raise RefusedError(
            "data cannot be trained on:",
            [f"{places.channel('train')}: all {len(labels)} rows are of one class"],
        )
    print(f"training on {len(labels)} rows: {chosen.document()}", flush=True)
    pipeline = build(chosen).fit(inputs, labels)
    model = Model(pipeline=pipeline, names=names, hyperparameters=chosen.document())
    figures = {**_figures("train", model, inputs, labels), **_figures("val", model, *held_out)}
    print(" ".join(f"{name}={value:.6f}" for name, value in figures.items()), flush=True)
    model_files.save(places.model, model)


def _figures(split: str, model: Model, inputs: Array, labels: Array) -> dict[str, float]:
    probabilities = model.predict(inputs)
    told = probabilities.argmax(axis=1)
    every = np.arange(len(model.names.classes))
    return {
        f"{split}_accuracy": float((told == labels).mean()),
        f"{split}_macro_f1": float(
            f1_score(labels, told, labels=every, average="macro", zero_division=0)
        ),
        f"{split}_log_loss": float(log_loss(labels, probabilities, labels=every)),
    }


def main() -> int:
    """Exit status; what went wrong goes to /opt/ml/output/failure as well."""
    places = Places.from_variables()
    try:
        train(places)
    except Exception as error:
        refused = isinstance(error, RefusedError)
        told = str(error) if refused else traceback.format_exc()
        print(f"error: {told}", file=sys.stderr, flush=True)
        places.failure.parent.mkdir(parents=True, exist_ok=True)
        # Of a traceback the end says what happened.
        kept = told[:_FAILURE_CHARACTERS] if refused else told[-_FAILURE_CHARACTERS:]
        places.failure.write_text(kept, encoding="utf-8")
        return 1
    return 0
