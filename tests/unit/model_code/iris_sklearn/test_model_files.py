"""Models are kept and loaded without running code from their files."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from iris_sklearn import model_files, predictor
from iris_sklearn.channels import Names
from iris_sklearn.estimators import build
from iris_sklearn.faults import RefusedError
from iris_sklearn.hyperparameters import Hyperparameters
from iris_sklearn.model_files import DESCRIPTION, PIPELINE, Model
from shared import faults

NAMES = Names(classes=("a", "b", "c"), features=("x", "y"))
ROWS = np.random.default_rng(5).normal(size=(60, 2))
ROWS[::9, 1] = np.nan
LABELS = np.digitize(ROWS[:, 0], [-0.4, 0.4])


def trained(kind: str, labels: Any = LABELS) -> Model:
    chosen = Hyperparameters(model=kind, n_estimators=5)
    pipeline = build(chosen).fit(ROWS, labels)
    return Model(pipeline=pipeline, names=NAMES, hyperparameters=chosen.document())


@pytest.mark.parametrize("kind", ["logistic", "forest"])
def test_a_loaded_model_answers_as_the_saved_one(kind: str, tmp_path: Path) -> None:
    model = trained(kind)
    model_files.save(tmp_path, model)

    loaded = model_files.load(tmp_path)

    np.testing.assert_array_equal(loaded.predict(ROWS), model.predict(ROWS))
    assert (loaded.names, loaded.hyperparameters) == (NAMES, model.hyperparameters)


def test_a_class_that_training_never_saw_has_no_probability(tmp_path: Path) -> None:
    model_files.save(tmp_path, trained("logistic", np.where(LABELS == 1, 2, LABELS)))

    answer = model_files.load(tmp_path).predict(ROWS)

    assert answer.shape == (60, 3)
    assert (answer[:, 1] == 0).all()
    np.testing.assert_allclose(answer.sum(axis=1), 1)


def overwrite(folder: Path, pipeline: Any) -> None:
    """A valid model's folder with another pipeline in it."""
    model_files.save(folder, trained("logistic"))
    skops.io.dump(pipeline, folder / PIPELINE)


def test_a_pickle_is_refused_and_never_loaded(tmp_path: Path) -> None:
    class Attack:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "attacked",))

    model_files.save(tmp_path, trained("logistic"))
    (tmp_path / PIPELINE).write_bytes(pickle.dumps(Attack()))

    with pytest.raises(RefusedError, match="the model is damaged"):
        model_files.load(tmp_path)
    assert not (tmp_path / "attacked").exists()


def test_a_pipeline_that_calls_a_function_of_its_own_is_refused(tmp_path: Path) -> None:
    attack = Pipeline([("attack", FunctionTransformer(Path.touch)), ("model", SimpleImputer())])
    overwrite(tmp_path, attack)

    with pytest.raises(RefusedError, match="Untrusted types"):
        model_files.load(tmp_path)


def test_other_models_than_ours_are_refused(tmp_path: Path) -> None:
    overwrite(tmp_path, SimpleImputer().fit(ROWS))
    with pytest.raises(RefusedError, match="holds a SimpleImputer, expected a Pipeline"):
        model_files.load(tmp_path)

    model = RandomForestClassifier(2).fit(ROWS, LABELS)
    overwrite(tmp_path, Pipeline([("model", model)]))
    with pytest.raises(RefusedError, match="its steps are RandomForestClassifier"):
        model_files.load(tmp_path)

    overwrite(tmp_path, build(Hyperparameters()))
    with pytest.raises(RefusedError, match="is not trained"):
        model_files.load(tmp_path)


@pytest.mark.parametrize("member", ["left_child", "feature"])
def test_trees_whose_nodes_lead_out_of_them_are_refused(member: str, tmp_path: Path) -> None:
    model = trained("forest")
    tree = model.pipeline.steps[-1][1].estimators_[0].tree_
    state = tree.__getstate__()
    # What a forged file can hold; scikit-learn would read memory that is not the tree's.
    state["nodes"][member][0] = 10**6
    tree.__setstate__(state)
    model_files.save(tmp_path, model)

    with pytest.raises(RefusedError, match="tree 0 has nodes that lead out of it"):
        model_files.load(tmp_path)


def test_a_description_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    model_files.save(tmp_path, trained("logistic"))
    document = json.loads((tmp_path / DESCRIPTION).read_text())
    for change, told in (
        ({"features": ["x"]}, "takes 2 features, model.json names 1"),
        ({"classes": ["a", "b"]}, "answers the classes"),
        ({"schema_version": 2}, "schema_version 2 is unknown"),
        ({"classes": None}, "the model is damaged"),
    ):
        (tmp_path / DESCRIPTION).write_text(json.dumps({**document, **change}))
        with pytest.raises(RefusedError, match=told):
            model_files.load(tmp_path)
    (tmp_path / DESCRIPTION).unlink()
    with pytest.raises(RefusedError, match=r"model\.json: is missing"):
        model_files.load(tmp_path)


def test_the_predictor_refuses_in_the_words_of_the_evaluation(tmp_path: Path) -> None:
    with pytest.raises(faults.RefusedError, match="the model is missing"):
        predictor.load(tmp_path, NAMES.classes)

    model_files.save(tmp_path, trained("logistic"))
    with pytest.raises(faults.RefusedError, match="trained on 2 features, a row has 3"):
        predictor.load(tmp_path, NAMES.classes).predict(np.zeros((1, 3)))
