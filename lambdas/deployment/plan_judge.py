"""Decide what a look at a split, which a schedule starts, asks of SageMaker.

Recorded outcomes may have a winner; else the next share of the requests may be due.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contracts.traffic_split import End, Shift, share_of_new
from lambdas.deployment.endpoint import Endpoint
from lambdas.deployment.outcomes import Outcomes, OutcomeStore
from lambdas.deployment.plan_document import Plan, nothing
from lambdas.deployment.plan_split import SplitPlanner
from lambdas.deployment.split import Configuration, read_configuration
from lambdas.deployment.usable_endpoint import usable_endpoint
from lambdas.deployment.winner import judge

_TOLERANCE = 0.001


@dataclass(frozen=True, kw_only=True)
class JudgePlanner:
    """Plans the next move of a split.

    Attributes:
        split: plans what is decided.
        outcomes: of the split's answers; None where none decide.
        clock: the time now, in UTC.
    """

    split: SplitPlanner
    outcomes: OutcomeStore | None
    clock: datetime

    def plan(self, event: Mapping[str, Any]) -> Plan:
        """The plan for a look; nothing to do where there is no split, or nothing is due.

        Raises:
            EndpointBusy: plan again later.
            EndpointUnusable: an operator has to act first.
            ModelPackageRefused: the winner's approval was withdrawn.
            ClientError: AWS refuses.
        """
        settings, sagemaker = self.split.settings, self.split.sagemaker
        endpoint = usable_endpoint(sagemaker, settings.endpoint_name)
        group = settings.model_package_group
        live = read_configuration(sagemaker, endpoint.config, group=group) if endpoint else None
        if endpoint is None or live is None or not live.is_split:
            return nothing(f"no split is on at the endpoint {settings.endpoint_name}")
        won, told = self._winner(live)
        if won:
            plan = self.split.plan(End(won).as_input())
            rejected = {"rejected_reason": told[:1000]} if plan["rejected_package"] else {}
            return {**plan, **rejected, "summary": f"{plan['summary']}\n{told}"}
        share = self._next_share(endpoint)
        if share is None:
            return nothing(told or "no further share of the requests is due")
        plan = self.split.plan(Shift(share).as_input())
        return {**plan, "summary": "\n".join(line for line in (plan["summary"], told) if line)}

    def _winner(self, live: Configuration) -> tuple[str, str]:
        """`new`, `old` or empty, and what is known, for people."""
        rule = self.split.settings.serving.winner
        if rule is None or self.outcomes is None or live.created is None:
            return "", ""
        found = self.outcomes.read(since=live.created)
        verdict = judge(
            old=found.old,
            new=found.new,
            confidence=rule.confidence,
            min_outcomes=rule.min_outcomes,
        )
        return verdict.winner, f"Outcomes: {verdict.detail}{_unread(found)}"

    def _next_share(self, endpoint: Endpoint) -> float | None:
        """The first of the steps that is above the share now, if it is due."""
        steps = self.split.settings.serving.split_steps
        now = share_of_new(endpoint.weights)
        if steps is None or endpoint.modified is None:
            return None
        due = self.clock - endpoint.modified >= timedelta(minutes=steps.minutes)
        higher = [share for share in steps.shares if share > now + _TOLERANCE]
        return higher[0] if due and higher else None


def _unread(found: Outcomes) -> str:
    if not found.unread:
        return ""
    return f"; {found.unread} lines could not be read, such as {found.faults[0]}"
