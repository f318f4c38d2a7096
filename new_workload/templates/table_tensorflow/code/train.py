"""Trains a Keras network on a table: channels in, SavedModel out.

EDIT `build` for another network; a new hyperparameter is a line in OPTIONS and one in the YAML.
"""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np

from shared import arguments, faults
from shared.environment import TrainingEnvironment
from shared.tables import channels
from shared.tensorflow import table_model

OPTIONS = (
    arguments.number("learning-rate", low=1e-6, high=1, default="0.01", help="of Adam"),
    arguments.integer("batch-size", low=1, high=65_536, default="32", help="rows a step"),
    arguments.integer("epochs", low=1, high=10_000, default="60", help="passes over the data"),
    arguments.integer("seed", low=0, high=2**31 - 1, default="7", help="of all that is random"),
)
# What SageMaker adds to the arguments by itself.
IGNORED = ("model_dir", "_tuning_objective_metric")


def build(rows: channels.Rows, classes: int) -> keras.Model:
    """From floats [n, features], NaN where missing, to probabilities [n, classes].

    All that training does to the features is a layer, so that the endpoint does the same.
    """
    means = np.nan_to_num(np.nanmean(rows.features, axis=0)).astype(np.float32)
    variances = np.nan_to_num(np.nanvar(rows.features, axis=0)).astype(np.float32)
    inputs = keras.Input((len(means),))
    filled = keras.ops.where(keras.ops.isnan(inputs), means, inputs)
    hidden = keras.layers.Normalization(mean=means, variance=variances)(filled)
    for width in (32, 32):
        hidden = keras.layers.Dense(width, activation="relu")(hidden)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(hidden))


def print_line(epoch: int, figures: dict[str, float]) -> None:
    """The line that the regular expressions of the YAML read."""
    shown = " ".join(f"{name}={value:.4f}" for name, value in figures.items())
    print(f"epoch={epoch + 1} {shown}", flush=True)


def train() -> None:
    """The whole job. Raises RefusedError for arguments or data that cannot be used."""
    chosen = arguments.parse(OPTIONS, sys.argv[1:], program="train.py", ignored=IGNORED)
    environment = TrainingEnvironment.from_variables()
    schema = channels.read_schema()
    rows = channels.read_rows(environment.train, schema)
    held_out = channels.read_rows(environment.validation, schema)
    keras.utils.set_random_seed(chosen["seed"])
    model = build(rows, len(schema.classes))
    optimizer = keras.optimizers.Adam(chosen["learning_rate"])
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    fitted = model.fit(
        *rows,
        validation_data=tuple(held_out),
        batch_size=chosen["batch_size"],
        epochs=chosen["epochs"],
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=print_line)],
    )
    names, columns = fitted.history.keys(), fitted.history.values()
    history = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    table_model.write(
        environment.model,
        model,
        schema=schema,
        inference=Path(__file__).with_name("inference.py"),
        hyperparameters=chosen,
        history=history,
    )


if __name__ == "__main__":
    sys.exit(faults.run(train))
