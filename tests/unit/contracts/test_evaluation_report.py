"""The evaluation report: what the gate, the registry and people read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from contracts import evaluation_report
from contracts.evaluation_report import (
    BatchTransform,
    CalibrationBin,
    Champion,
    ClassScores,
    Comparison,
    EvaluationReport,
    EvaluationReportError,
    Gate,
    Metric,
    Mistake,
    Plot,
    RocPoint,
    ServedModel,
    Trial,
    Tuning,
)

SCHEMA = json.loads(
    Path(evaluation_report.__file__)
    .with_name("evaluation_report.schema.json")
    .read_text(encoding="utf-8")
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


def full_report() -> EvaluationReport:
    return report(
        kind="table",
        comparison=Comparison(metric="auc", candidate=0.7, champion=0.8, shortfall=0.1),
        champion=Champion(
            model_package_arn="arn:aws:sagemaker:eu-west-1:1:model-package/a/1",
            dataset_version="f" * 64,
            metrics={"accuracy": Metric(value=0.5)},
            unknown_classes=("b",),
        ),
        gate=Gate(floor=0.9, margin=0.01),
        calibration=(CalibrationBin(low=0.9, high=1.0, rows=4, confidence=0.9, accuracy=0.75),),
        roc=(RocPoint(false_positive_rate=0.0, true_positive_rate=1.0),),
        mistakes=(Mistake(key="k", label="ä", predicted="b", confidence=0.8),),
        model=ServedModel(size_bytes=10, latency_ms_p50=1.0, latency_ms_p95=2.0),
        model_sha256="9f" * 32,
        batch_transform=BatchTransform(rows=4, agreeing=4, agreement=1.0),
        tuning=Tuning(
            metric="validation:auc",
            goal="Maximize",
            trials=(
                Trial(
                    training_job="t-1",
                    status="Failed",
                    objective=None,
                    hyperparameters={"eta": "0.1"},
                ),
            ),
        ),
        learning_curve=({"round": 1, "loss": None}, {"round": 2, "loss": 0.5}),
        hyperparameters={"eta": "0.1"},
        lineage={"dataset_version": "e" * 64},
        plots=(Plot(file="roc.png"), Plot(file="calibration.png", missing="no matplotlib")),
    )


@pytest.mark.parametrize("written", [report(), full_report()], ids=["small", "full"])
def test_a_report_comes_back_as_it_was_written(written: EvaluationReport) -> None:
    assert EvaluationReport.parse(written.to_json()) == written


@pytest.mark.parametrize("written", [report(), full_report()], ids=["small", "full"])
def test_a_report_follows_the_json_schema_beside_it(written: EvaluationReport) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(written.to_json()), SCHEMA, jsonschema.Draft202012Validator)


def test_the_json_schema_describes_each_member_and_no_other() -> None:
    assert set(SCHEMA["properties"]) == set(json.loads(full_report().to_json()))


def test_the_json_schema_refuses_a_report_without_its_figures() -> None:
    document = json.loads(report().to_json())
    del document["metrics"]["accuracy"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA, jsonschema.Draft202012Validator)


def test_the_gate_finds_its_figures_where_the_pipeline_looks() -> None:
    document = json.loads(full_report().to_json())
    assert document["metrics"]["accuracy"]["value"] == 0.75
    assert document["comparison"]["shortfall"] == 0.1


def test_a_report_of_the_time_before_the_comparison_is_still_read() -> None:
    old = {
        "schema_version": 1,
        "metrics": {"accuracy": {"value": 1.0, "standard_deviation": None}},
        "classes": ["a", "b"],
        "confusion_matrix": [[1, 0], [0, 1]],
        "per_class": {
            name: {"precision": 1.0, "recall": 1.0, "f1": 1.0, "rows": 1} for name in "ab"
        },
        "rows": 2,
        "calibration": [],
        "mistakes": [],
        "model": None,
    }
    read = EvaluationReport.parse(json.dumps(old))
    assert read.comparison is None
    assert read.kind == "image"


def test_members_that_a_later_version_adds_are_left_out() -> None:
    document = json.loads(full_report().to_json())
    document["later"] = 1
    document["model"]["later"] = 1
    assert EvaluationReport.parse(json.dumps(document)) == full_report()


def classes(count: int) -> dict[str, Any]:
    names = tuple(f"class-{number:04d}" for number in range(count))
    scores = ClassScores(precision=1.0, recall=1.0, f1=1.0, rows=1)
    matrix = tuple(tuple(int(row == column) for column in range(count)) for row in range(count))
    return {
        "classes": names,
        "per_class": dict.fromkeys(names, scores),
        "rows": count,
        "confusion_matrix": matrix,
    }


def test_a_report_of_many_classes_is_within_what_a_pipeline_reads() -> None:
    most = evaluation_report.MOST_CLASSES_IN_MATRIX
    assert len(report(**classes(most)).to_json()) < 2_000_000
    without = report(**{**classes(most + 1), "confusion_matrix": ()})
    assert EvaluationReport.parse(without.to_json()) == without


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"kind": "sound"}, "kind: 'sound', expected one of"),
        ({"metrics": {}}, "accuracy is missing"),
        ({"metrics": {"accuracy": Metric(value=float("nan"))}}, "not a finite number"),
        (
            {
                "champion": Champion(
                    model_package_arn=None,
                    dataset_version=None,
                    metrics={"auc": Metric(value=float("inf"))},
                )
            },
            r"champion\.metrics\.auc\.value: inf is not a finite number",
        ),
        ({"confusion_matrix": ((2, 1),)}, "expected 2 rows of 2 counts"),
        ({"confusion_matrix": ()}, "expected 2 rows of 2 counts"),
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
