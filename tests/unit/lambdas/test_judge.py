"""A look at a split ends it for a winner, or shifts it to the share that is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.serving import SplitSteps, Winner
from lambdas.deployment.outcomes import Outcomes
from lambdas.deployment.plan_document import Plan
from lambdas.deployment.plan_judge import JudgePlanner
from lambdas.deployment.plan_split import SplitPlanner
from lambdas.deployment.winner import Tally
from tests.unit.lambdas.deployment_doubles import (
    ENDPOINT,
    NoReports,
    SageMaker,
    package,
    plan_for,
    settings,
)

STEPS = SplitSteps(shares=(0.25, 0.5), minutes=60)
RULE = Winner(confidence=0.95, min_outcomes=100)
CHANGED = datetime(1970, 1, 1, tzinfo=UTC)
"""When the double says that the endpoint was changed."""
ALIKE = Tally(80, 20), Tally(80, 20)


class Known:
    """Outcomes that are known already."""

    def __init__(self, old: Tally, new: Tally, *faults: str) -> None:
        self._found = Outcomes(old=old, new=new, faults=faults, unread=len(faults))

    def read(self, *, since: datetime) -> Outcomes:
        assert since == CHANGED
        return self._found


@pytest.fixture
def sagemaker() -> SageMaker:
    """Version 4 gets a tenth of the requests beside version 3."""
    double = SageMaker()
    double.do(plan_for(double))
    double.packages[package(4)["ModelPackageArn"]] = package(4)
    double.do(plan_for(double, 4, first_share=0.1))
    return double


def look(
    sagemaker: SageMaker,
    known: Known | None = None,
    *,
    after: timedelta = timedelta(hours=1),
    **serving: Any,
) -> Plan:
    split = SplitPlanner(
        settings=settings(**serving),
        sagemaker=sagemaker.client(),
        s3=NoReports(),
        record=sagemaker.record,
    )
    outcomes: Any = known
    planner = JudgePlanner(split=split, outcomes=outcomes, clock=CHANGED + after)
    return planner.plan({"action": "judge"})


def test_nothing_is_done_where_no_split_is_on() -> None:
    double = SageMaker()
    double.do(plan_for(double))
    assert look(double, split_steps=STEPS)["nothing_to_do"]


def test_the_next_share_comes_when_it_is_due(sagemaker: SageMaker) -> None:
    plan = look(sagemaker, split_steps=STEPS)
    assert (plan["kind"], plan["new_share"]) == ("shift", 0.25)


def test_no_share_comes_before_it_is_due(sagemaker: SageMaker) -> None:
    assert look(sagemaker, after=timedelta(minutes=59), split_steps=STEPS)["nothing_to_do"]


def test_after_the_last_share_nothing_is_shifted(sagemaker: SageMaker) -> None:
    config = sagemaker.endpoints[ENDPOINT]["EndpointConfigName"]
    sagemaker.weigh(config, {"AllTraffic": 0.5, "Challenger": 0.5})
    assert look(sagemaker, split_steps=STEPS)["nothing_to_do"]


def test_a_new_model_that_wins_serves_alone(sagemaker: SageMaker) -> None:
    plan = look(sagemaker, Known(Tally(700, 300), Tally(900, 100)), winner=RULE, split_steps=STEPS)
    assert (plan["kind"], plan["rejected_package"]) == ("end", "")
    assert "new model 900 of 1000 good" in plan["summary"]


def test_a_new_model_that_loses_is_rejected_with_the_reason(sagemaker: SageMaker) -> None:
    plan = look(sagemaker, Known(Tally(900, 100), Tally(700, 300)), winner=RULE)
    assert plan["rejected_package"] == package(4)["ModelPackageArn"]
    assert "old model wins" in plan["rejected_reason"]


def test_as_long_as_nobody_wins_the_shares_go_on(sagemaker: SageMaker) -> None:
    plan = look(sagemaker, Known(*ALIKE, "file, line 3: good"), winner=RULE, split_steps=STEPS)
    assert plan["new_share"] == 0.25
    assert "1 lines could not be read, such as file, line 3" in plan["summary"]


def test_what_is_known_is_told_where_nothing_is_due(sagemaker: SageMaker) -> None:
    assert "80 of 100 good" in look(sagemaker, Known(*ALIKE), winner=RULE)["summary"]
