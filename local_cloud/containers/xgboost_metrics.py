"""The metrics that the XGBoost container computes itself, from what XGBoost predicts.

Source: ``metrics/custom_metrics.py`` of https://github.com/aws/sagemaker-xgboost-container.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from sklearn import metrics

Predictions = Any
"""An array of (rows,) values or (rows, classes) probabilities."""
Evaluate = Callable[[Predictions, Any], list[tuple[str, float]]]


def _averaged(metric: Any, average: str) -> Callable[[Any, Any], float]:
    return lambda labels, classes: float(metric(labels, classes, average=average, zero_division=0))


_OF_CLASSES: dict[str, Callable[[Any, Any], float]] = {
    "accuracy": metrics.accuracy_score,
    "balanced_accuracy": metrics.balanced_accuracy_score,
    "f1": _averaged(metrics.f1_score, "macro"),
    "f1_binary": _averaged(metrics.f1_score, "binary"),
    "f1_macro": _averaged(metrics.f1_score, "macro"),
    "precision": _averaged(metrics.precision_score, "binary"),
    "precision_macro": _averaged(metrics.precision_score, "macro"),
    "precision_micro": _averaged(metrics.precision_score, "micro"),
    "recall": _averaged(metrics.recall_score, "binary"),
    "recall_macro": _averaged(metrics.recall_score, "macro"),
    "recall_micro": _averaged(metrics.recall_score, "micro"),
}
_OF_VALUES: dict[str, Callable[[Any, Any], float]] = {
    "mse": metrics.mean_squared_error,
    "r2": metrics.r2_score,
}


def evaluator(names: Iterable[str], objective: str) -> Evaluate:
    """What ``xgboost.train`` takes as ``custom_metric``; ``names`` are computed in their order."""
    wanted = list(names)

    def evaluate(predictions: Predictions, matrix: Any) -> list[tuple[str, float]]:
        labels = matrix.get_label()
        classes = to_classes(predictions, objective)
        found = []
        for name in wanted:
            if name in _OF_VALUES:
                found.append((name, float(_OF_VALUES[name](labels, predictions))))
            else:
                found.append((name, float(_OF_CLASSES[name](labels, classes))))
        return found

    return evaluate


def to_classes(predictions: Predictions, objective: str) -> Any:
    """The class of each row: the likeliest, or the side of the threshold that it is on."""
    if predictions.ndim > 1:
        return np.argmax(predictions, axis=1)
    if objective == "binary:logitraw":
        return (predictions > 0).astype(int)
    return np.rint(predictions).astype(int)
