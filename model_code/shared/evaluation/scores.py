"""What a classifier's probabilities on labelled pictures are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from contracts.evaluation_report import CalibrationBin, ClassScores, EvaluationReport, Metric

Array = np.ndarray[Any, Any]

_LEAST_PROBABILITY = 1e-12
_CALIBRATION_BINS = 10


def report(labels: Array, probabilities: Array, classes: Sequence[str]) -> EvaluationReport:
    """Judge a model.

    Args:
        labels: int, [n], n of 1 or more; indices into `classes`.
        probabilities: float, [n, classes], each row adding up to 1.
    """
    count = len(labels)
    predicted = probabilities.argmax(axis=1)
    matrix = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(matrix, (labels, predicted), 1)
    accuracy = float(np.mean(predicted == labels))
    per_class = {name: _class_scores(matrix, index) for index, name in enumerate(classes)}
    # A class without test pictures has no say.
    judged = [scores.f1 for scores in per_class.values() if scores.rows]
    own = probabilities[np.arange(count), labels]
    bins = calibration(probabilities.max(axis=1), predicted == labels)
    losses = -np.log(np.maximum(own, _LEAST_PROBABILITY))
    return EvaluationReport(
        metrics={
            # Of a proportion: the binomial distribution's.
            "accuracy": Metric(
                value=accuracy, standard_deviation=(accuracy * (1 - accuracy) / count) ** 0.5
            ),
            "macro_f1": Metric(value=float(np.mean(judged))),
            "log_loss": Metric(
                value=float(losses.mean()), standard_deviation=float(losses.std() / count**0.5)
            ),
            "calibration_error": Metric(value=calibration_error(bins)),
        },
        classes=tuple(classes),
        confusion_matrix=tuple(tuple(int(cell) for cell in row) for row in matrix),
        per_class=per_class,
        rows=count,
        calibration=bins,
    )


def calibration(confidences: Array, right: Array) -> tuple[CalibrationBin, ...]:
    """How often the model is right where it is so sure; ten bins of equal width."""
    edges = np.linspace(0.0, 1.0, _CALIBRATION_BINS + 1)
    # Right-closed bins, as in Guo et al., "On Calibration of Modern Neural Networks" (2017).
    places = np.clip(np.digitize(confidences, edges, right=True) - 1, 0, _CALIBRATION_BINS - 1)
    return tuple(
        CalibrationBin(
            low=float(edges[place]),
            high=float(edges[place + 1]),
            rows=int((places == place).sum()),
            confidence=float(confidences[places == place].mean()),
            accuracy=float(right[places == place].mean()),
        )
        for place in np.unique(places)
    )


def calibration_error(bins: Sequence[CalibrationBin]) -> float:
    """Expected calibration error (Guo et al., 2017), in [0, 1]."""
    rows = sum(one.rows for one in bins)
    return sum(one.rows * abs(one.accuracy - one.confidence) for one in bins) / rows


def _class_scores(matrix: Array, index: int) -> ClassScores:
    right = int(matrix[index, index])
    predicted, rows = int(matrix[:, index].sum()), int(matrix[index].sum())
    return ClassScores(
        precision=right / predicted if predicted else 0.0,
        recall=right / rows if rows else 0.0,
        f1=2 * right / (predicted + rows) if predicted + rows else 0.0,
        rows=rows,
    )
