"""What a classifier's probabilities on labelled rows are worth, added up batch by batch.

Counts and sums only: memory grows with the classes, not with the rows; of two classes the ROC
needs one number a row besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from contracts.evaluation_report import (
    MOST_CLASSES_IN_MATRIX,
    CalibrationBin,
    ClassScores,
    Metric,
    RocPoint,
)
from shared.evaluation import ranking

Array = np.ndarray[Any, Any]

_LEAST_PROBABILITY = 1e-12
_CALIBRATION_BINS = 10
_BINARY = 2


class Tally:
    """Adds up how one model does.

    Args:
        classes: of the test data.
        columns: of the model's answers: `classes`, then any that only the model knows.
    """

    def __init__(self, classes: Sequence[str], columns: Sequence[str]) -> None:
        self.rows = 0
        self._classes = tuple(classes)
        self._counts = np.zeros((3, len(columns)), np.int64)  # labels, predictions, right ones
        small = len(classes) <= MOST_CLASSES_IN_MATRIX
        self._matrix = np.zeros((len(classes), len(columns)), np.int64) if small else None
        self._losses = _Moments()
        self._bins = np.zeros((3, _CALIBRATION_BINS))  # rows, confidence, right ones
        self._scores: list[Array] = []
        self._positive: list[Array] = []

    def see(self, labels: Array, probabilities: Array) -> None:
        """One batch: labels int [n] by class, probabilities float [n, columns]."""
        predicted = probabilities.argmax(axis=1)
        right = predicted == labels
        columns = self._counts.shape[1]
        self.rows += len(labels)
        for counts, seen in zip(self._counts, (labels, predicted, labels[right]), strict=True):
            counts += np.bincount(seen, minlength=columns)
        if self._matrix is not None:
            cells = np.bincount(labels * columns + predicted, minlength=self._matrix.size)
            self._matrix += cells.reshape(self._matrix.shape)
        own = probabilities[np.arange(len(labels)), labels]
        self._losses.see(-np.log(np.maximum(own, _LEAST_PROBABILITY)))
        self._see_confidence(probabilities.max(axis=1), right)
        if len(self._classes) == _BINARY:
            self._scores.append(probabilities[:, 1].copy())
            self._positive.append(labels == 1)

    def metrics(self) -> dict[str, Metric]:
        """The figures by name; `auc` for two classes that both have rows.

        `standard_deviation` is that of the mean over rows: of a proportion for accuracy, Hanley
        and McNeil's for the AUC.
        """
        accuracy = float(self._counts[2].sum() / self.rows)
        # A class without rows has no say.
        judged = [scores.f1 for scores in self.per_class().values() if scores.rows]
        metrics = {
            "accuracy": Metric(
                value=accuracy, standard_deviation=(accuracy * (1 - accuracy) / self.rows) ** 0.5
            ),
            "macro_f1": Metric(value=float(np.mean(judged))),
            "log_loss": self._losses.metric(),
            "calibration_error": Metric(value=calibration_error(self.calibration())),
        }
        if len(self._classes) == _BINARY and self._counts[0, :_BINARY].all():
            metrics["auc"] = ranking.auc(*self._ranked())
        return metrics

    def per_class(self) -> dict[str, ClassScores]:
        """Precision, recall and F1 by class of the test data; 0.0 where they have no meaning."""
        return {
            name: _class_scores(*(int(count) for count in self._counts[:, index]))
            for index, name in enumerate(self._classes)
        }

    def matrix(self) -> tuple[tuple[int, ...], ...]:
        """Counts by label and prediction; empty with very many classes."""
        if self._matrix is None:
            return ()
        return tuple(tuple(row) for row in self._matrix.tolist())

    def calibration(self) -> tuple[CalibrationBin, ...]:
        """How often the model is right where it is so sure; ten bins of equal width."""
        edges = np.linspace(0.0, 1.0, _CALIBRATION_BINS + 1).tolist()
        return tuple(
            CalibrationBin(
                low=edges[place],
                high=edges[place + 1],
                rows=int(rows),
                confidence=float(confidence / rows),
                accuracy=float(right / rows),
            )
            for place, (rows, confidence, right) in enumerate(self._bins.T)
            if rows
        )

    def roc(self) -> tuple[RocPoint, ...]:
        """The curve of two classes that both have rows, else nothing."""
        if len(self._classes) != _BINARY or not self._counts[0, :_BINARY].all():
            return ()
        return ranking.roc(*self._ranked())

    def _see_confidence(self, confidences: Array, right: Array) -> None:
        edges = np.linspace(0.0, 1.0, _CALIBRATION_BINS + 1)
        # Right-closed bins, as in Guo et al., "On Calibration of Modern Neural Networks" (2017).
        places = np.clip(np.digitize(confidences, edges, right=True) - 1, 0, _CALIBRATION_BINS - 1)
        for sums, weights in zip(self._bins, (None, confidences, right), strict=True):
            sums += np.bincount(places, weights=weights, minlength=_CALIBRATION_BINS)

    def _ranked(self) -> tuple[Array, Array]:
        return np.concatenate(self._scores), np.concatenate(self._positive)


def calibration_error(bins: Sequence[CalibrationBin]) -> float:
    """Expected calibration error (Guo et al., 2017), in [0, 1]."""
    rows = sum(one.rows for one in bins)
    return sum(one.rows * abs(one.accuracy - one.confidence) for one in bins) / rows


class _Moments:
    """Mean and variance of batches, added up as Chan, Golub and LeVeque do (1979)."""

    def __init__(self) -> None:
        self._count, self._mean, self._squares = 0, 0.0, 0.0

    def see(self, values: Array) -> None:
        count, mean = len(values), float(values.mean())
        together, gap = self._count + count, mean - self._mean
        self._squares += float(((values - mean) ** 2).sum())
        self._squares += gap**2 * self._count * count / together
        self._mean += gap * count / together
        self._count = together

    def metric(self) -> Metric:
        deviation = (self._squares / self._count) ** 0.5
        return Metric(value=self._mean, standard_deviation=deviation / self._count**0.5)


def _class_scores(rows: int, predicted: int, right: int) -> ClassScores:
    return ClassScores(
        precision=right / predicted if predicted else 0.0,
        recall=right / rows if rows else 0.0,
        f1=2 * right / (predicted + rows) if predicted + rows else 0.0,
        rows=rows,
    )
