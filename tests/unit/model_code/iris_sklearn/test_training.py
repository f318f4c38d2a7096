"""What `train` does with hyperparameters, channels and faults."""

from __future__ import annotations

import re

import pytest

from contracts.table_schema import TableSchema
from iris_sklearn import channels, model_files, training
from iris_sklearn.faults import RefusedError
from iris_sklearn.hyperparameters import Hyperparameters, parse
from iris_sklearn.predictor import load
from shared.evaluation import held_out
from tests.unit.model_code.iris_sklearn.conftest import MODELS, Job
from tests.unit.model_code.shared.tables.deliveries import Prepared


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_iris_reaches_093_on_rows_that_training_never_saw(
    kind: str, seed: str, job: Job, iris: Prepared, capsys: pytest.CaptureFixture[str]
) -> None:
    places = job(**MODELS[kind], seed=seed)

    training.train(places)

    figure = re.search(r"\bval_accuracy=([0-9.]+)", capsys.readouterr().out)
    assert figure
    assert float(figure[1]) > 0.85
    test = held_out.tables(iris.folder / "test", iris.folder / "schema")
    predictor = load(places.model, test.classes)
    assert predictor.classes == test.classes
    (batch,) = test.read()
    told = predictor.predict(batch.inputs).argmax(axis=1)
    assert (told == batch.labels).mean() >= 0.93
    assert predictor.hyperparameters["model"] == kind


def test_the_same_seed_gives_the_same_model(job: Job) -> None:
    places = job(**MODELS["forest"])
    inputs, _ = channels.read_table(
        places.channel("validation"), channels.read_names(places.channel("schema"))
    )
    answers = []
    for _ in range(2):
        training.train(places)
        answers.append(model_files.load(places.model).predict(inputs).tolist())

    assert answers[0] == answers[1]


def test_hyperparameters_are_texts_and_those_of_sagemaker_are_left_out() -> None:
    given = {
        "model": '"forest"',
        "max_depth": "7",
        "_tuning_objective_metric": "val_accuracy",
        "sagemaker_job_name": "x",
    }

    assert parse(given) == Hyperparameters(model="forest", max_depth=7)


def test_all_wrong_hyperparameters_end_up_in_the_failure_file(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = job(model="svm", C="0", depth="3")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(places.ml))

    assert training.main() == 1

    told = places.failure.read_text()
    assert "model: 'svm' is not allowed; give one of logistic, forest" in told
    assert "C: '0' is not allowed" in told
    assert "depth: is unknown; allowed are model, C, max_depth, n_estimators, seed" in told


def test_a_defect_leaves_the_end_of_its_traceback_in_the_failure_file(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = job()
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(places.ml))
    monkeypatch.setattr(training, "build", lambda _: 1 / 0)

    assert training.main() == 1

    assert places.failure.read_text().endswith("ZeroDivisionError: division by zero\n")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("0,1,2,3", "expected class index and 4 features"),
        ("3,1,2,3,4", "class index '3', expected 0 to 2"),
        ("setosa,1,2,3,4", "class index 'setosa'"),
        ("0,1,2,3,x", "could not convert"),
        ("0,1,2,3,inf", "'inf' is not a finite number"),
    ],
)
def test_a_damaged_channel_is_refused_with_file_and_line(line: str, told: str, job: Job) -> None:
    places = job()
    places.channel("train").unlink()
    places.channel("train").mkdir()
    (places.channel("train") / "part-00000.csv").write_text(f"0,1,2,3,4\n{line}\n")

    with pytest.raises(RefusedError) as caught:
        training.train(places)

    assert "part-00000.csv line 2" in str(caught.value)
    assert told in str(caught.value)


def test_missing_channels_and_a_single_class_are_refused(job: Job) -> None:
    places = job()
    places.channel("train").unlink()
    with pytest.raises(RefusedError, match="no row in 0 files"):
        training.train(places)

    places.channel("train").mkdir()
    (places.channel("train") / "part-00000.csv").write_text("0,1,2,3,4\n0,2,2,3,4\n")
    with pytest.raises(RefusedError, match="all 2 rows are of one class"):
        training.train(places)

    places.channel("schema").unlink()
    with pytest.raises(RefusedError, match=r"schema\.json: is missing"):
        training.train(places)


def test_the_names_are_those_of_the_prepare_steps_schema(iris: Prepared) -> None:
    names = channels.read_names(iris.folder / "schema")

    schema = TableSchema.parse((iris.folder / "schema" / "schema.json").read_bytes())
    assert (names.classes, names.features) == (schema.classes, schema.feature_names)
