"""The model: made and saved by training, loaded where it is served or judged.

model.skops    the estimator, by skops: no pickle, so that loading runs no code from the file
model.json     {"classes": [...], "features": [...], "hyperparameters": {...}}
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import skops.io
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

ML = Path(
    os.environ.get("SAGEMAKER_BASE_DIR", os.environ.get("SAGEMAKER_LOCAL_ML_ROOT", "/opt/ml"))
)
"""The folder of all that SageMaker and the container exchange."""
# EDIT: types of your estimator that skops does not know as harmless; it names them when it refuses.
TRUSTED = ["numpy.dtype"]

Array = np.ndarray[Any, Any]


def build(hyperparameters: dict[str, Any]) -> Any:
    """The untrained estimator; it takes NaN for missing. EDIT it for another."""
    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    regression = LogisticRegression(C=hyperparameters["C"], max_iter=2000)
    return make_pipeline(fill, StandardScaler(), regression)


@dataclass(frozen=True, kw_only=True)
class Model:
    """A trained estimator and the names of its classes and features."""

    estimator: Any
    classes: tuple[str, ...]
    features: tuple[str, ...]
    hyperparameters: dict[str, Any]

    def predict(self, rows: Array) -> Array:
        """Probabilities [n, classes] of rows [n, features], NaN where missing."""
        # A class that the training split had no row of is never predicted.
        probabilities = np.zeros((len(rows), len(self.classes)))
        probabilities[:, self.estimator.classes_] = self.estimator.predict_proba(rows)
        return probabilities


def save(folder: Path, model: Model) -> None:
    """Write both files."""
    folder.mkdir(parents=True, exist_ok=True)
    skops.io.dump(model.estimator, folder / "model.skops")
    names = ("classes", "features", "hyperparameters")
    facts = {name: getattr(model, name) for name in names}
    (folder / "model.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def load(folder: Path) -> Model:
    """Read both files. Raises OSError, ValueError or skops's exceptions for what is not ours."""
    facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    return Model(
        estimator=skops.io.load(folder / "model.skops", trusted=TRUSTED),
        classes=tuple(facts["classes"]),
        features=tuple(facts["features"]),
        hyperparameters=facts["hyperparameters"],
    )
