"""What the container does as `train`: hyperparameters and channels in, model out."""

from __future__ import annotations

import json
import traceback
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import log_loss

from my_workload import model
from my_workload.model import ML, Array, Model

# EDIT: a new hyperparameter is a line here and one in the YAML.
HYPERPARAMETERS: dict[str, Any] = {"C": 1.0}


def read_hyperparameters(path: Path) -> dict[str, Any]:
    """SageMaker gives all values as texts. Raises ValueError for one that is unknown or wrong."""
    given = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    own = {name: text for name, text in given.items() if not name.startswith(("_", "sagemaker_"))}
    unknown = sorted(own.keys() - HYPERPARAMETERS.keys())
    if unknown:
        known = ", ".join(HYPERPARAMETERS)
        raise ValueError(f"hyperparameters {', '.join(unknown)} are unknown; known are {known}")
    return HYPERPARAMETERS | {
        name: type(HYPERPARAMETERS[name])(str(text).strip('"')) for name, text in own.items()
    }


def read_rows(folder: Path) -> tuple[Array, Array]:
    """Features [n, features], NaN where missing, and class indices [n]: the label comes first.

    Raises ValueError where there are none.
    """
    files = sorted(folder.glob("*.csv"))
    tables = [np.genfromtxt(file, delimiter=",", ndmin=2) for file in files]
    if not sum(len(table) for table in tables):
        raise ValueError(f"{folder}: no row in {len(files)} files *.csv")
    table = np.concatenate([one for one in tables if len(one)])
    return table[:, 1:], table[:, 0].astype(int)


def train() -> None:
    """Read, train, print figures, save."""
    channels = ML / "input" / "data"
    schema = json.loads((channels / "schema" / "schema.json").read_text(encoding="utf-8"))
    chosen = read_hyperparameters(ML / "input" / "config" / "hyperparameters.json")
    rows, labels = read_rows(channels / "train")
    held_out, wanted = read_rows(channels / "validation")
    trained = Model(
        estimator=model.build(chosen).fit(rows, labels),
        classes=tuple(schema["classes"]),
        features=tuple(schema["features"]),
        hyperparameters=chosen,
    )
    answered = trained.predict(held_out)
    accuracy = float((answered.argmax(axis=1) == wanted).mean())
    loss = log_loss(wanted, answered, labels=range(len(trained.classes)))
    # The regular expressions of the YAML read this line.
    print(f"val_accuracy={accuracy:.6f} val_log_loss={loss:.6f}", flush=True)
    model.save(ML / "model", trained)


def main() -> int:
    """Exit status; what went wrong becomes the job's FailureReason."""
    try:
        train()
    except Exception as error:
        traceback.print_exc()
        failure = ML / "output" / "failure"
        failure.parent.mkdir(parents=True, exist_ok=True)
        failure.write_text(f"{type(error).__name__}: {error}"[:1024], encoding="utf-8")
        return 1
    return 0
