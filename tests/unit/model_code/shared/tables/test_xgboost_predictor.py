"""Asking models of the built-in XGBoost directly."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from shared.faults import RefusedError
from shared.tables.xgboost_predictor import FILE, load

CLASSES = ("low", "middle", "high")
ROUNDS = 6


@pytest.fixture(scope="module")
def rows() -> Any:
    """Features (90, 2), some missing."""
    inputs = np.random.default_rng(3).normal(size=(90, 2))
    inputs[::11, 1] = np.nan
    return inputs


def booster(rows: Any, objective: str, classes: int) -> xgboost.Booster:
    labels = np.digitize(rows[:, 0], [-0.4, 0.4] if classes == 3 else [0])
    parameters: dict[str, Any] = {"objective": objective, "max_depth": 2, "nthread": 1}
    if objective.startswith("multi"):
        parameters["num_class"] = classes
    return xgboost.train(parameters, xgboost.DMatrix(rows, labels), ROUNDS)


@pytest.mark.parametrize("suffix", ["json", "ubj"])
def test_probabilities_are_those_of_the_library(rows: Any, suffix: str, tmp_path: Path) -> None:
    model = booster(rows, "multi:softprob", 3)
    (tmp_path / FILE).write_bytes(model.save_raw(suffix))

    predictor = load(tmp_path, CLASSES)

    assert predictor.classes == CLASSES
    expected = model.predict(xgboost.DMatrix(rows))
    np.testing.assert_allclose(predictor.predict(rows), expected, atol=1e-5)


def test_a_binary_model_answers_both_classes(rows: Any, tmp_path: Path) -> None:
    model = booster(rows, "binary:logistic", 2)
    model.save_model(tmp_path / "model.json")
    (tmp_path / "model.json").rename(tmp_path / FILE)

    answer = load(tmp_path, CLASSES[:2]).predict(rows)

    np.testing.assert_allclose(answer[:, 1], model.predict(xgboost.DMatrix(rows)), atol=1e-5)
    np.testing.assert_allclose(answer.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("objective", "same"), [("multi:softmax", "multi:softprob"), ("binary:logitraw", None)]
)
def test_objectives_that_tell_no_probabilities_have_them_all_the_same(
    rows: Any, objective: str, same: str | None, tmp_path: Path
) -> None:
    count = 3 if same else 2
    model = booster(rows, objective, count)
    (tmp_path / FILE).write_bytes(model.save_raw("json"))

    answer = load(tmp_path, CLASSES[:count]).predict(rows)

    if same:
        expected = booster(rows, same, count).predict(xgboost.DMatrix(rows))
        np.testing.assert_allclose(answer, expected, atol=1e-5)
    else:
        raw = model.predict(xgboost.DMatrix(rows))
        np.testing.assert_array_equal(answer.argmax(axis=1), raw > 0)


def test_staged_answers_end_in_the_models_own(rows: Any, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(booster(rows, "multi:softprob", 3).save_raw("ubj"))
    predictor = load(tmp_path, CLASSES)

    stages = list(predictor.staged(rows))

    assert [number for number, _ in stages] == list(range(1, ROUNDS + 1))
    np.testing.assert_allclose(stages[-1][1], predictor.predict(rows), atol=1e-6)
    confidence = [found.max(axis=1).mean() for _, found in stages]
    assert confidence == sorted(confidence)


def test_rows_of_another_width_are_refused(rows: Any, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(booster(rows, "binary:logistic", 2).save_raw("ubj"))

    with pytest.raises(RefusedError, match="trained on 2 features, a row has 3"):
        load(tmp_path, CLASSES[:2]).predict(np.zeros((1, 3)))


def test_a_model_of_other_classes_or_of_no_classes_is_refused(rows: Any, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(booster(rows, "multi:softprob", 3).save_raw("ubj"))
    with pytest.raises(RefusedError, match="trained on 3 classes, the data has 2"):
        load(tmp_path, CLASSES[:2])

    (tmp_path / FILE).write_bytes(booster(rows, "reg:squarederror", 3).save_raw("ubj"))
    with pytest.raises(RefusedError, match="reg:squarederror gives no probabilities"):
        load(tmp_path, CLASSES)


def test_a_pickle_is_refused_and_never_loaded(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(pickle.dumps(print))

    with pytest.raises(RefusedError, match="is a pickle"):
        load(tmp_path, CLASSES)


@pytest.mark.parametrize("content", [None, b"", b"{}", b"not a model"])
def test_a_model_that_is_missing_or_damaged_is_told(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / FILE).write_bytes(content)

    with pytest.raises(RefusedError, match=FILE):
        load(tmp_path, CLASSES)
