"""The evaluation as a job: candidate and champion on the same rows, and what is refused."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from contracts.evaluation_report import EvaluationReport
from shared.evaluation import evaluate
from shared.faults import RefusedError
from tests.unit.model_code.conftest import Container, Prepared, Trained
from tests.unit.model_code.shared.evaluation.conftest import ARN, GOOD, SPECIES, Run


def test_a_trained_network_is_judged_by_the_test_pictures(
    container: Container, prepared: Prepared, trained: Trained, tmp_path: Path
) -> None:
    finished = container.run(
        *("-m", "shared.evaluation.evaluate", "--predictor", "cifar_tensorflow.predictor"),
        *("--model-dir", trained.folder, "--test-dir", prepared.folder / "test"),
        *("--report-dir", tmp_path / "report", "--message-file", tmp_path / "message"),
    )
    assert finished.returncode == 0, finished.stderr
    report = EvaluationReport.parse((tmp_path / "report" / "evaluation.json").read_bytes())
    assert report.rows == len(prepared.records["test"])
    assert list(report.classes) == prepared.json("test/classes.json")
    assert report.metrics["accuracy"].value >= 0.85
    assert report.model is not None
    assert report.model.size_bytes == (trained.folder / "model.tar.gz").stat().st_size
    packed = (trained.folder / "model.tar.gz").read_bytes()
    assert report.model_sha256 == hashlib.sha256(packed).hexdigest()
    assert 0 < report.model.latency_ms_p50 <= report.model.latency_ms_p95
    assert [figures["epoch"] for figures in report.learning_curve] == [1, 2, 3, 4]
    assert "optimizer" in report.hyperparameters
    assert "held-out pictures" in (tmp_path / "report" / "evaluation.html").read_text()
    for label, row in enumerate(report.confusion_matrix):
        found = [record for record in prepared.records["test"] if record["label"] == label]
        assert sum(row) == len(found)


def test_a_network_of_other_classes_is_refused_with_an_exit_message(
    container: Container, trained: Trained, tmp_path: Path
) -> None:
    (tmp_path / "classes.json").write_text('["cat", "dog"]')
    message = tmp_path / "message"
    finished = container.run(
        *("-m", "shared.evaluation.evaluate"),
        *("--model-dir", trained.folder, "--test-dir", tmp_path),
        *("--report-dir", tmp_path / "report", "--message-file", message),
    )
    assert finished.returncode == 1
    assert "do not fit together" in message.read_text()
    assert not (tmp_path / "report").exists()


def test_the_first_run_of_a_table_is_judged_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["evaluate", *run.arguments("--gate-metric=macro_f1")])
    assert evaluate.main() == 0
    report = EvaluationReport.parse((run.folder / "report" / "evaluation.json").read_bytes())
    expected = (np.array(run.rows) @ GOOD).argmax(axis=1)
    assert report.kind == "table"
    assert report.rows == 90
    assert report.metrics["accuracy"].value == pytest.approx((expected == run.labels).mean())
    assert report.comparison is not None
    assert report.comparison.metric == "macro_f1"
    assert report.comparison.champion is None
    assert report.comparison.shortfall == 0.0
    assert report.champion is None
    assert report.batch_transform is None
    assert report.tuning is None
    assert "90 held-out rows: accuracy=" in capsys.readouterr().out


def test_mistakes_of_a_table_are_named_by_file_and_line(run: Run) -> None:
    report = run.judge().report
    predicted = (np.array(run.rows) @ GOOD).argmax(axis=1)
    wrong = {
        f"part-0000{row // 45}.csv:{row % 45 + 1}"
        for row in np.flatnonzero(predicted != run.labels)
    }
    assert wrong
    assert {mistake.key for mistake in report.mistakes} <= wrong


def test_a_missing_number_reaches_the_predictor_as_none(run: Run) -> None:
    (run.folder / "test" / "part-00001.csv").write_text("0,,0.5\n")
    assert run.judge().report.rows == 46


def test_the_champion_is_really_scored_on_the_same_rows(run: Run) -> None:
    run.write_champion()
    run.write_model("champion", weights=-GOOD)
    report = run.judge("--gate-floor=0.9", "--gate-margin=0.01").report
    assert report.champion is not None
    assert report.champion.model_package_arn == ARN
    assert report.champion.dataset_version == "d" * 64
    expected = ((np.array(run.rows) @ -GOOD).argmax(axis=1) == run.labels).mean()
    assert report.champion.metrics["accuracy"].value == pytest.approx(expected)
    assert report.comparison is not None
    assert report.comparison.champion == pytest.approx(expected)
    assert report.comparison.shortfall == 0.0
    assert report.gate is not None
    assert (report.gate.floor, report.gate.margin) == (0.9, 0.01)


def test_a_candidate_that_is_worse_falls_short_by_the_difference(run: Run) -> None:
    run.write_champion()
    run.write_model("champion")
    run.write_model(weights=-GOOD)
    comparison = run.judge().report.comparison
    assert comparison is not None
    assert comparison.champion is not None
    assert comparison.shortfall == pytest.approx(comparison.champion - comparison.candidate)
    assert comparison.shortfall > 0.5


def test_classes_that_the_champion_never_learned_count_as_wrong(run: Run) -> None:
    run.write_champion()
    run.write_model(
        "champion",
        classes=("virginica", "setosa", "extinct"),
        weights=[[-4.0, 4.0, -9.0], [0.0, 0.0, -9.0]],
    )
    report = run.judge().report
    assert report.champion is not None
    assert report.champion.unknown_classes == ("versicolor",)
    known = {0: 1, 2: 0}  # class index of the data: column of the champion
    answers = (np.array(run.rows) @ np.array([[-4.0, 4.0, -9.0], [0.0, 0.0, -9.0]])).argmax(axis=1)
    right = [known.get(label) == answer for label, answer in zip(run.labels, answers, strict=True)]
    assert report.champion.metrics["accuracy"].value == pytest.approx(np.mean(right))
    assert report.champion.metrics["accuracy"].value < 0.67


def test_without_an_approved_model_there_is_no_comparison(run: Run) -> None:
    run.write_champion(arn=None)
    report = run.judge().report
    assert report.champion is None
    assert report.comparison is not None
    assert report.comparison.shortfall == 0.0


@pytest.mark.parametrize("damage", ["missing", "no archive", "other form", "other inputs"])
def test_a_champion_that_cannot_be_judged_fails_with_the_way_out(run: Run, damage: str) -> None:
    run.write_champion()
    if damage == "no archive":
        (run.folder / "champion" / "model.tar.gz").write_bytes(b"no gzip")
    elif damage == "other form":
        run.write_model("champion", classes=SPECIES, weights=[["x"]])
    elif damage == "other inputs":
        run.write_model("champion", weights=np.zeros((5, 3)))
    with pytest.raises(RefusedError, match=r"set `gate\.compare: false`") as caught:
        run.judge()
    assert ARN in str(caught.value)


def test_a_model_of_other_classes_is_refused(run: Run) -> None:
    run.write_model(classes=("setosa", "versicolor", "rose"))
    with pytest.raises(RefusedError, match=r"do not fit together(.|\n)*virginica(.|\n)*rose"):
        run.judge()


def test_a_gate_by_auc_is_refused_where_there_are_three_classes(run: Run) -> None:
    with pytest.raises(RefusedError, match="auc needs two classes"):
        run.judge("--gate-metric=auc")


def test_two_classes_are_judged_by_auc_too(run: Run) -> None:
    run.write_data(("no", "yes"))
    run.write_model(classes=("no", "yes"), weights=[[1.0, -1.0], [0.0, 0.0]])
    report = run.judge("--gate-metric=auc").report
    assert report.comparison is not None
    assert report.comparison.candidate == report.metrics["auc"].value > 0.9
    assert report.roc[0].true_positive_rate == 0.0
    assert report.roc[-1].true_positive_rate == 1.0


def test_all_damaged_rows_of_a_file_are_told(run: Run) -> None:
    (run.folder / "test" / "part-00000.csv").write_text("0,1,2\n3,1,2\n0,1\n1,x,2\n")
    with pytest.raises(RefusedError) as caught:
        run.judge()
    assert caught.value.faults == (
        "part-00000.csv:2: label 3, expected 0 to 2",
        "part-00000.csv:3: 2 fields, expected a label and 2 features",
        "part-00000.csv:4: could not convert string to float: 'x'",
    )


def test_data_without_rows_is_refused(run: Run) -> None:
    for file in (run.folder / "test").iterdir():
        file.write_text("")
    with pytest.raises(RefusedError, match="its files hold no row"):
        run.judge()


def test_a_schema_without_classes_is_refused(run: Run) -> None:
    path = run.folder / "schema" / "schema.json"
    document = json.loads(path.read_text())
    del document["classes"]
    path.write_text(json.dumps(document))
    with pytest.raises(RefusedError, match="names no classes"):
        run.judge()


def test_tuning_curves_hyperparameters_and_lineage_are_told(run: Run) -> None:
    run.write_model(
        learning_curve=[{"round": 1, "mlogloss": float("nan")}, {"round": 2, "mlogloss": 0.5}],
        hyperparameters={"eta": 0.1},
    )
    trial = {"training_job": "t-1", "status": "Completed", "objective": 0.5}
    (run.folder / "tuning").mkdir()
    (run.folder / "tuning" / "trials.json").write_text(
        json.dumps(
            {
                "schema_version": 1,
                "objective": {"metric": "validation:mlogloss", "goal": "Minimize"},
                "trials": [{**trial, "hyperparameters": {"eta": "0.1"}}],
            }
        )
    )
    report = run.judge("--dataset-version=abc", "--git-commit=").report
    assert report.learning_curve == ({"round": 1, "mlogloss": None}, {"round": 2, "mlogloss": 0.5})
    assert report.hyperparameters == {"eta": "0.1"}
    assert report.tuning is not None
    assert report.tuning.trials[0].objective == 0.5
    assert report.lineage == {"dataset_version": "abc"}


def test_a_damaged_record_of_the_tuning_is_refused(run: Run) -> None:
    (run.folder / "tuning").mkdir()
    (run.folder / "tuning" / "trials.json").write_text('{"schema_version": 1}')
    with pytest.raises(RefusedError, match="the tuning's record is damaged"):
        run.judge()
