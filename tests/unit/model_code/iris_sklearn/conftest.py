"""Iris, prepared; models trained on it under the container's contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from demo.datasets.iris import FEATURES, FILE, write_iris
from iris_sklearn.places import Places
from tests.unit.model_code.shared.tables.deliveries import Delivery, Prepared

SPECIES = ("setosa", "versicolor", "virginica")
IRIS = {
    "schema_version": 1,
    "label": "species",
    "columns": [
        {"name": "species", "type": "category", "values": list(SPECIES)},
        *({"name": name, "type": "number", "min": 0, "max": 30} for name in FEATURES),
    ],
}
FRACTIONS = ("--test-fraction", "0.3", "--validation-fraction", "0.2")
MODELS: dict[str, dict[str, str]] = {
    "logistic": {"model": "logistic", "C": "1.0"},
    "forest": {"model": "forest", "max_depth": "3", "n_estimators": "20"},
}


@pytest.fixture(scope="session")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("iris")
    write_iris(folder)
    delivery = Delivery({FILE: (folder / FILE).read_bytes()}, IRIS)
    return delivery.prepare(folder / "job", *FRACTIONS)


Job = Callable[..., Places]


@pytest.fixture
def job(iris: Prepared, tmp_path: Path) -> Job:
    """Makes the folders of a training job."""

    def make(**hyperparameters: str) -> Places:
        places = Places(tmp_path)
        (tmp_path / "input" / "data").mkdir(parents=True, exist_ok=True)
        for channel in ("train", "validation", "schema"):
            link = places.channel(channel)
            if not link.exists():
                link.symlink_to(iris.folder / channel)
        places.hyperparameters.parent.mkdir(parents=True, exist_ok=True)
        places.hyperparameters.write_text(json.dumps(hyperparameters))
        return places

    return make
