from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score, log_loss, precision_recall_fscore_support

from contracts.evaluation_report import EvaluationReport
from shared.evaluation import evaluate, scores
from shared.faults import RefusedError
from tests.unit.model_code.conftest import Container, Prepared, Trained


def test_a_trained_model_is_judged_by_the_test_pictures(
    container: Container, prepared: Prepared, trained: Trained, tmp_path: Path
) -> None:
    finished = container.run(
        *("-m", "shared.evaluation.evaluate"),
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
    assert 0 < report.model.latency_ms_p50 <= report.model.latency_ms_p95
    assert "held-out pictures" in (tmp_path / "report" / "evaluation.html").read_text()
    for label, row in enumerate(report.confusion_matrix):
        found = [record for record in prepared.records["test"] if record["label"] == label]
        assert sum(row) == len(found)


def test_the_figures_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 4, 200)
    raw = rng.random((200, 5)) + 1.5 * np.eye(5)[labels]
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    names = ["a", "b", "c", "d", "never"]
    report = scores.report(labels, probabilities, names)
    predicted = probabilities.argmax(axis=1)
    present = sorted(set(labels))
    assert report.metrics["accuracy"].value == pytest.approx((predicted == labels).mean())
    assert report.metrics["log_loss"].value == pytest.approx(
        log_loss(labels, probabilities, labels=range(5))
    )
    macro = f1_score(labels, predicted, labels=present, average="macro")
    assert report.metrics["macro_f1"].value == pytest.approx(macro)
    expected = confusion_matrix(labels, predicted, labels=range(5))
    assert [list(row) for row in report.confusion_matrix] == expected.tolist()
    each = precision_recall_fscore_support(labels, predicted, labels=range(5), zero_division=0.0)
    for index, name in enumerate(names):
        found = report.per_class[name]
        assert found.precision == pytest.approx(each[0][index])
        assert found.recall == pytest.approx(each[1][index])
        assert found.f1 == pytest.approx(each[2][index])
        assert found.rows == each[3][index]


def test_a_model_archive_that_writes_elsewhere_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../escaped"), io.BytesIO())
    with pytest.raises(RefusedError, match="outside the destination"):
        evaluate.unpack(tmp_path, tmp_path / "inner" / "target")
    assert not (tmp_path / "inner" / "escaped").exists()


@pytest.mark.parametrize(("content", "told"), [(None, "is missing"), (b"no gzip", "gzip")])
def test_a_missing_or_damaged_model_is_refused(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    if content is not None:
        (tmp_path / "model.tar.gz").write_bytes(content)
    with pytest.raises(RefusedError, match=told):
        evaluate.unpack(tmp_path, tmp_path / "target")


def test_a_model_of_other_classes_is_refused_with_an_exit_message(
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
