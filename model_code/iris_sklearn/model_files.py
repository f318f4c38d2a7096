"""The files of a model: written by training, read where it is served or judged.

    model.skops    the pipeline, by skops: no pickle, so that loading runs no code from the file
    model.json     {"schema_version": 1, "classes": [...], "features": [...],
                    "hyperparameters": {...}}

A model archive may come from elsewhere, so it is not trusted: only the types that our models are
made of are loaded, and the trees of a forest are checked, since scikit-learn follows their node
numbers without looking at bounds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile

import numpy as np
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from skops.io.exceptions import UntrustedTypesFoundException

from iris_sklearn.channels import Names
from iris_sklearn.faults import RefusedError

SCHEMA_VERSION = 1
PIPELINE, DESCRIPTION = "model.skops", "model.json"
TRUSTED = ["numpy.dtype", "sklearn.tree._tree.Tree"]
"""Beside skops's own list of scikit-learn's and numpy's harmless types."""
_FORMS = (
    (SimpleImputer, StandardScaler, LogisticRegression),
    (SimpleImputer, RandomForestClassifier),
)

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, kw_only=True)
class Model:
    """A trained model and what it knows of its data.

    Attributes:
        names: of classes and features.
        hyperparameters: that it was trained with.
    """

    pipeline: Any
    names: Names
    hyperparameters: dict[str, Any]

    def predict(self, inputs: Array) -> Array:
        """Probabilities (n, classes) of rows (n, features), NaN where missing."""
        found = self.pipeline.predict_proba(inputs)
        # A class that the training split had no row of is never predicted.
        probabilities = np.zeros((len(inputs), len(self.names.classes)))
        probabilities[:, self.pipeline.classes_] = found
        return probabilities


def save(folder: Path, model: Model) -> None:
    """Write both files."""
    folder.mkdir(parents=True, exist_ok=True)
    skops.io.dump(model.pipeline, folder / PIPELINE, compression=ZIP_DEFLATED)
    document = {
        "schema_version": SCHEMA_VERSION,
        "classes": model.names.classes,
        "features": model.names.features,
        "hyperparameters": model.hyperparameters,
    }
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    (folder / DESCRIPTION).write_text(text, encoding="utf-8")


def load(folder: Path) -> Model:
    """Read both files.

    Raises:
        RefusedError: a file is missing or damaged, or holds what our models do not.
    """
    names, hyperparameters = _description(folder / DESCRIPTION)
    path = folder / PIPELINE
    try:
        pipeline = skops.io.load(path, trusted=TRUSTED)
    except FileNotFoundError as error:
        raise RefusedError("the model is missing:", [f"{path}: is missing"]) from error
    except UntrustedTypesFoundException as error:
        told = " ".join(str(error).split())
        raise RefusedError("the model is refused:", [f"{path}: {told}"]) from error
    except (BadZipFile, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RefusedError("the model is damaged:", [f"{path}: {error!r}"]) from error
    fault = _fault(pipeline, names)
    if fault:
        raise RefusedError("the model is refused:", [f"{path}: {fault}"])
    return Model(pipeline=pipeline, names=names, hyperparameters=hyperparameters)


def _description(path: Path) -> tuple[Names, dict[str, Any]]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema_version"] != SCHEMA_VERSION:
            raise ValueError(f"schema_version {document['schema_version']!r} is unknown")
        names = Names(
            classes=tuple(map(str, document["classes"])),
            features=tuple(map(str, document["features"])),
        )
        return names, dict(document["hyperparameters"])
    except FileNotFoundError as error:
        raise RefusedError("the model is missing:", [f"{path}: is missing"]) from error
    except (ValueError, KeyError, TypeError) as error:
        raise RefusedError("the model is damaged:", [f"{path}: {error!r}"]) from error


def _fault(pipeline: Any, names: Names) -> str | None:
    """What of a loaded pipeline is not as `estimators.build` makes and `training` trains it."""
    if type(pipeline) is not Pipeline:
        return f"holds a {type(pipeline).__name__}, expected a Pipeline"
    steps = tuple(type(step) for _, step in pipeline.steps)
    if steps not in _FORMS:
        return f"its steps are {', '.join(step.__name__ for step in steps)}"
    try:
        known = np.asarray(pipeline.classes_)
        features = int(pipeline.n_features_in_)
    except AttributeError as error:
        return f"is not trained: {error}"
    if features != len(names.features):
        return f"takes {features} features, {DESCRIPTION} names {len(names.features)}"
    if known.dtype.kind != "i" or not (
        len(np.unique(known)) == len(known) and ((known >= 0) & (known < len(names.classes))).all()
    ):
        return f"answers the classes {known!r}, {DESCRIPTION} names {len(names.classes)}"
    model = pipeline.steps[-1][1]
    if isinstance(model, RandomForestClassifier):
        return _forest_fault(model.estimators_, features, len(known))
    return None


def _forest_fault(trees: Sequence[Any], features: int, classes: int) -> str | None:
    for number, one in enumerate(trees):
        tree = one.tree_
        nodes = np.arange(tree.node_count)
        left, right = tree.children_left, tree.children_right
        leaves = (left == -1) & (right == -1)
        # Children come after their parent, so that no way down goes round in circles.
        inner = (
            (left > nodes)
            & (right > nodes)
            & (left < tree.node_count)
            & (right < tree.node_count)
            & (tree.feature >= 0)
            & (tree.feature < features)
        )
        if not tree.node_count or not (leaves | inner).all():
            return f"tree {number} has nodes that lead out of it"
        if tree.value.shape != (tree.node_count, 1, classes) or tree.n_features != features:
            return f"tree {number} is not of {features} features and {classes} classes"
    return None
