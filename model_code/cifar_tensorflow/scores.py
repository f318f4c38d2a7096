"""What a classifier's probabilities on labelled pictures are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from contracts.evaluation_report import ClassScores, EvaluationReport, Metric

Array = np.ndarray[Any, Any]

_LEAST_PROBABILITY = 1e-12


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
        },
        classes=tuple(classes),
        confusion_matrix=tuple(tuple(int(cell) for cell in row) for row in matrix),
        per_class=per_class,
        rows=count,
    )


def _class_scores(matrix: Array, index: int) -> ClassScores:
    right = int(matrix[index, index])
    predicted, rows = int(matrix[:, index].sum()), int(matrix[index].sum())
    return ClassScores(
        precision=right / predicted if predicted else 0.0,
        recall=right / rows if rows else 0.0,
        f1=2 * right / (predicted + rows) if predicted + rows else 0.0,
        rows=rows,
    )
