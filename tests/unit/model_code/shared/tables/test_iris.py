"""Iris as its workloads split it: what models reach on the held-out rows."""

from __future__ import annotations

from pathlib import Path

import pytest
import xgboost

from demo.datasets.iris import FEATURES, FILE, write_iris
from shared.evaluation import held_out
from shared.tables.xgboost_predictor import FILE as MODEL_FILE
from shared.tables.xgboost_predictor import load
from tests.unit.model_code.shared.tables.deliveries import Delivery, Prepared

SCHEMA = {
    "schema_version": 1,
    "label": "species",
    "columns": [
        {"name": "species", "type": "category"},
        *({"name": name, "type": "number", "min": 0, "max": 30} for name in FEATURES),
    ],
}


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("iris")
    write_iris(folder)
    delivery = Delivery({FILE: (folder / FILE).read_bytes()}, SCHEMA)
    fractions = ("--test-fraction", "0.3", "--validation-fraction", "0.2")
    return delivery.prepare(folder / "job", *fractions)


def test_the_flower_that_is_there_twice_is_kept_once(iris: Prepared) -> None:
    report = iris.json("report/dataset.json")

    assert (report["different_rows"], report["duplicates"]) == (149, 1)
    assert report["rows"]["test"] == {"setosa": 11, "versicolor": 15, "virginica": 17}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("depth", "rounds"), [(2, 20), (6, 60)])
def test_xgboost_reaches_093_on_rows_that_training_never_saw(
    seed: int, depth: int, rounds: int, iris: Prepared, tmp_path: Path
) -> None:
    classes = tuple(iris.json("schema/schema.json")["classes"])
    splits = {
        name: next(held_out.tables(iris.folder / name, iris.folder / "schema").read())
        for name in ("train", "test")
    }
    parameters = {
        "objective": "multi:softprob",
        "num_class": 3,
        "max_depth": depth,
        "subsample": 0.8,
        "seed": seed,
        "nthread": 1,
    }
    matrix = xgboost.DMatrix(splits["train"].inputs, splits["train"].labels)
    model = xgboost.train(parameters, matrix, rounds)
    (tmp_path / MODEL_FILE).write_bytes(model.save_raw("ubj"))

    answer = load(tmp_path, classes).predict(splits["test"].inputs)

    assert (answer.argmax(axis=1) == splits["test"].labels).mean() >= 0.93
