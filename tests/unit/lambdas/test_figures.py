from __future__ import annotations

import io
from typing import Any

import pytest

from contracts.champion_record import Deployed
from contracts.evaluation_report import Champion, ClassScores, EvaluationReport, Metric
from lambdas.deployment.figures import Figures
from tests.unit.lambdas.deployment_doubles import NoReports

OLD = Deployed(package="arn/2", version=2, model="m", config="c", metrics={"accuracy": 0.9})


class Reports:
    """S3 with one report."""

    def __init__(self, body: str) -> None:
        self.body = body

    def get_object(self, **request: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.body.encode())}


def report(champion: str | None = None) -> Reports:
    scores = ClassScores(precision=1, recall=1, f1=1, rows=1)
    rival = Champion(
        model_package_arn=champion, dataset_version=None, metrics={"accuracy": Metric(value=0.95)}
    )
    return Reports(
        EvaluationReport(
            metrics={"accuracy": Metric(value=0.975)},
            classes=("a", "b"),
            confusion_matrix=((1, 0), (0, 1)),
            per_class={"a": scores, "b": scores},
            rows=2,
            champion=rival if champion else None,
        ).to_json()
    )


def line(reports: Any, before: Deployed | None) -> str:
    return Figures.read(reports, "s3://bucket/evaluation.json").beside(before)


def test_the_first_model_s_figures_stand_alone() -> None:
    assert line(report(), None) == "Figures: accuracy 0.975"


def test_figures_stand_beside_those_of_what_served_before() -> None:
    told = line(report(), OLD)
    assert "accuracy 0.975 (before 0.9, +0.075)" in told
    assert "version 2 on the held-out data of its own time" in told


def test_the_opponent_of_the_evaluation_is_compared_on_the_same_data() -> None:
    told = line(report(champion="arn/2"), OLD)
    assert "accuracy 0.975 (before 0.95, +0.025)" in told
    assert "version 2 on the same held-out data" in told


@pytest.mark.parametrize("reports", [NoReports(), Reports("{}"), Reports("not JSON")])
def test_a_report_that_cannot_be_read_stops_nothing_and_is_told(reports: Any) -> None:
    assert "cannot be read" in line(reports, OLD)
    assert "names no evaluation report" in Figures.read(reports, "").beside(None)
