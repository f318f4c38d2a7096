"""The models that hyperparameters choose from. All take missing values."""

from __future__ import annotations

from typing import Any

from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from iris_sklearn.hyperparameters import FOREST, Hyperparameters

_ITERATIONS = 2000


def build(hyperparameters: Hyperparameters) -> Any:
    """An untrained pipeline: missing values become the training split's median, then the model."""
    # A feature that was always missing in training must not shift the others' places.
    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    if hyperparameters.model == FOREST:
        model = RandomForestClassifier(
            n_estimators=hyperparameters.n_estimators,
            max_depth=hyperparameters.max_depth,
            random_state=hyperparameters.seed,
        )
        return Pipeline([("fill", fill), ("model", model)])
    return Pipeline(
        [
            ("fill", fill),
            ("scale", StandardScaler()),
            (
                "model",
                LogisticRegression(
                    C=hyperparameters.C, max_iter=_ITERATIONS, random_state=hyperparameters.seed
                ),
            ),
        ]
    )
