"""The figures, held against scikit-learn's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import (
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
)

from contracts.evaluation_report import MOST_CLASSES_IN_MATRIX
from shared.evaluation import ranking, tally
from shared.evaluation.tally import Tally

Array = np.ndarray[Any, Any]


def tallied(
    labels: Array, probabilities: Array, names: tuple[str, ...], *, batch: int = 64
) -> Tally:
    found = Tally(names, names)
    for start in range(0, len(labels), batch):
        found.see(labels[start : start + batch], probabilities[start : start + batch])
    return found


def test_the_figures_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 4, 200)
    raw = rng.random((200, 5)) + 1.5 * np.eye(5)[labels]
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    names = ("a", "b", "c", "d", "never")
    found = tallied(labels, probabilities, names)
    predicted = probabilities.argmax(axis=1)
    metrics = found.metrics()
    assert metrics["accuracy"].value == pytest.approx((predicted == labels).mean())
    assert metrics["log_loss"].value == pytest.approx(
        log_loss(labels, probabilities, labels=range(5))
    )
    macro = f1_score(labels, predicted, labels=sorted(set(labels)), average="macro")
    assert metrics["macro_f1"].value == pytest.approx(macro)
    assert "auc" not in metrics
    expected = confusion_matrix(labels, predicted, labels=range(5))
    assert [list(row) for row in found.matrix()] == expected.tolist()
    each = precision_recall_fscore_support(labels, predicted, labels=range(5), zero_division=0.0)
    for index, name in enumerate(names):
        scores = found.per_class()[name]
        assert scores.precision == pytest.approx(each[0][index])
        assert scores.recall == pytest.approx(each[1][index])
        assert scores.f1 == pytest.approx(each[2][index])
        assert scores.rows == each[3][index]


def test_the_figures_do_not_depend_on_the_batches() -> None:
    rng = np.random.default_rng(4)
    labels, raw = rng.integers(0, 2, 100), rng.random((100, 2))
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    whole = tallied(labels, probabilities, ("a", "b"), batch=100)
    parts = tallied(labels, probabilities, ("a", "b"), batch=7)
    for name, metric in whole.metrics().items():
        other = parts.metrics()[name]
        assert other.value == pytest.approx(metric.value)
        assert other.standard_deviation == pytest.approx(metric.standard_deviation)
    assert whole.matrix() == parts.matrix()


def test_the_auc_is_that_of_scikit_learn_with_ties_too() -> None:
    rng = np.random.default_rng(5)
    scores = rng.integers(0, 12, 400) / 12
    positive = rng.random(400) < scores
    found = ranking.auc(scores, positive)
    assert found.value == pytest.approx(roc_auc_score(positive, scores))
    assert found.standard_deviation is not None
    assert 0.005 < found.standard_deviation < 0.05
    false, true, _ = roc_curve(positive, scores, drop_intermediate=False)
    points = ranking.roc(scores, positive)
    assert [point.false_positive_rate for point in points] == pytest.approx(false.tolist())
    assert [point.true_positive_rate for point in points] == pytest.approx(true.tolist())


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    rng = np.random.default_rng(6)
    points = ranking.roc(rng.random(5000), rng.random(5000) < 0.5)
    assert len(points) <= 200
    assert (points[0].false_positive_rate, points[0].true_positive_rate) == (0.0, 0.0)
    assert (points[-1].false_positive_rate, points[-1].true_positive_rate) == (1.0, 1.0)


def test_two_classes_of_which_one_has_no_rows_have_no_auc() -> None:
    found = tallied(np.zeros(4, np.int64), np.full((4, 2), 0.5), ("a", "b"))
    assert "auc" not in found.metrics()
    assert found.roc() == ()


def test_a_class_that_only_the_model_knows_is_never_right() -> None:
    found = Tally(("a", "b"), ("a", "b", "extra"))
    found.see(np.array([0, 1, 1]), np.array([[0.8, 0.1, 0.1], [0.0, 0.1, 0.9], [0.0, 1.0, 0.0]]))
    assert found.metrics()["accuracy"].value == pytest.approx(2 / 3)
    assert found.per_class()["b"].recall == 0.5
    assert found.matrix() == ((1, 0, 0), (0, 1, 1))


def test_very_many_classes_have_figures_and_no_matrix() -> None:
    count = MOST_CLASSES_IN_MATRIX + 1
    names = tuple(map(str, range(count)))
    found = tallied(np.arange(count), np.eye(count), names)
    assert found.matrix() == ()
    assert found.metrics()["macro_f1"].value == 1.0


def test_calibration_is_the_gap_between_how_sure_and_how_often_right() -> None:
    sure = np.array([[0.95, 0.05], [0.95, 0.05], [0.55, 0.45], [0.55, 0.45]])
    bins = tallied(np.array([0, 1, 0, 0]), sure, ("a", "b")).calibration()
    assert [(one.rows, one.accuracy) for one in bins] == [(2, 1.0), (2, 0.5)]
    assert tally.calibration_error(bins) == pytest.approx(0.45)
