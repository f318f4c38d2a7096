"""Which planner answers what the state machine is started with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from contracts.champion_record import ChampionRecord
from contracts.operator_requests import PAUSE, RESUME, ROLL_BACK
from contracts.outcomes import outcomes_prefix
from contracts.traffic_split import JUDGE
from lambdas.deployment.outcomes import OutcomeStore
from lambdas.deployment.plan import Planner
from lambdas.deployment.plan_document import Plan
from lambdas.deployment.plan_hours import HoursPlanner
from lambdas.deployment.plan_judge import JudgePlanner
from lambdas.deployment.plan_roll_back import RollBackPlanner
from lambdas.deployment.plan_split import SplitPlanner
from lambdas.deployment.settings import PlanSettings


class AnyPlanner(Protocol):
    """Plans one kind of change of an endpoint."""

    def plan(self, event: Mapping[str, Any]) -> Plan:
        """The plan for an execution's input."""


def planner_for(
    action: str | None,
    *,
    settings: PlanSettings,
    sagemaker: Any,
    s3: Any,
    record: ChampionRecord | None,
) -> AnyPlanner:
    """The planner of an operator's `action`, or of approvals where there is none.

    An unknown action is the split's planner's, which refuses it with those that there are.
    """
    if action is None:
        return Planner(settings=settings, sagemaker=sagemaker, s3=s3, record=record)
    if action == ROLL_BACK:
        return RollBackPlanner(settings=settings, sagemaker=sagemaker, record=record)
    if action in (PAUSE, RESUME):
        return HoursPlanner(settings=settings, sagemaker=sagemaker, record=record)
    split = SplitPlanner(settings=settings, sagemaker=sagemaker, s3=s3, record=record)
    if action == JUDGE:
        return JudgePlanner(split=split, outcomes=_outcomes(settings, s3), clock=datetime.now(UTC))
    return split


def _outcomes(settings: PlanSettings, s3: Any) -> OutcomeStore | None:
    if not settings.outcome_bucket:
        return None
    prefix = outcomes_prefix(settings.workload)
    return OutcomeStore(s3=s3, bucket=settings.outcome_bucket, prefix=prefix)
