from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.evaluation_report import (
    ClassScores,
    EvaluationReport,
    EvaluationReportError,
    Metric,
)


def report(**changes: Any) -> EvaluationReport:
    members: dict[str, Any] = {
        "metrics": {"accuracy": Metric(value=0.75, standard_deviation=0.2)},
        "classes": ("ä", "b"),
        "confusion_matrix": ((2, 1), (0, 1)),
        "per_class": {
            "ä": ClassScores(precision=1.0, recall=2 / 3, f1=0.8, rows=3),
            "b": ClassScores(precision=0.5, recall=1.0, f1=2 / 3, rows=1),
        },
        "rows": 4,
    }
    return EvaluationReport(**{**members, **changes})


def test_a_report_comes_back_as_it_was_written() -> None:
    assert EvaluationReport.parse(report().to_json()) == report()


def test_the_gate_finds_the_accuracy_where_the_pipeline_looks() -> None:
    assert json.loads(report().to_json())["metrics"]["accuracy"]["value"] == 0.75


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"metrics": {}}, "accuracy is missing"),
        ({"metrics": {"accuracy": Metric(value=float("nan"))}}, "not a finite number"),
        ({"confusion_matrix": ((2, 1),)}, "expected 2 rows of 2 counts"),
        ({"rows": 5}, "do not add up to rows, 5"),
        ({"per_class": {}}, "one entry for each of classes"),
    ],
)
def test_a_report_that_contradicts_itself_is_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(EvaluationReportError, match=fault):
        report(**changes)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{", "not JSON"),
        ("[]", "a JSON list, not an object"),
        ('{"schema_version": 2}', "schema_version: 2 is unknown"),
        ('{"schema_version": 1}', "confusion_matrix: is missing"),
        (
            '{"schema_version": 1, "metrics": [], "classes": [], "confusion_matrix": [], '
            '"per_class": {}, "rows": 0}',
            "of the wrong form",
        ),
    ],
)
def test_what_is_no_report_is_refused_with_the_reason(content: str, fault: str) -> None:
    with pytest.raises(EvaluationReportError, match=fault):
        EvaluationReport.parse(content)
