"""The tested model's own answers to the samples, which a deployment's smoke test expects."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from contracts.evaluation_report import EvaluationReport
from contracts.samples import CSV, Sample, Samples
from shared.evaluation import evaluate
from shared.faults import RefusedError
from tests.unit.model_code.shared.evaluation.conftest import SPECIES, Run


def write_samples(run: Run, rows: Sequence[str]) -> None:
    folder = run.folder / "samples"
    (folder / "files").mkdir(parents=True)
    listed = []
    for number, row in enumerate(rows):
        file = f"files/{number:02}.csv"
        (folder / file).write_text(row)
        listed.append(Sample(file=file, label="setosa", key=f"iris.csv:{number}"))
    index = Samples(content_type=CSV, classes=SPECIES, samples=tuple(listed))
    (folder / "samples.json").write_text(index.to_json())


def test_a_model_that_is_wrong_about_a_sample_says_what_it_answers(run: Run) -> None:
    write_samples(run, ["1.0,0.1\n", "-1.0,0.1\n"])
    judged = run.judge()
    evaluate._write(judged, run.folder / "report")
    document = json.loads((run.folder / "report" / "evaluation.json").read_text())
    assert document["samples"] == [
        {"file": "files/00.csv", "label": "setosa", "predicted": "setosa"},
        {"file": "files/01.csv", "label": "setosa", "predicted": "virginica"},
    ]
    parsed = EvaluationReport.parse(json.dumps(document))
    assert parsed.samples == judged.report.samples


def test_without_samples_there_are_no_answers(run: Run) -> None:
    assert run.judge().report.samples == ()


def test_damaged_samples_are_told(run: Run) -> None:
    write_samples(run, ["1.0,much\n"])
    with pytest.raises(RefusedError, match="samples cannot be read") as caught:
        run.judge()
    assert "much" in caught.value.faults[0]
