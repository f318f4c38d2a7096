"""Contact with MiniStack's private names of EventBridge and its Scheduler.

As ``ministack_bridge``, whose test holds these names too. MiniStack keeps schedules and fires
them, but in UTC whatever their time zone, and as the account's root whatever their role.
"""

from __future__ import annotations

import copy
import functools
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_cloud import ministack_bridge
from local_cloud.json_api.errors import ApiError

TICK_SECONDS = 1.0
EVENTS_PRINCIPAL = "events.amazonaws.com"
RULE_ACTIONS = {"states": "states:StartExecution"}
"""What a rule's role must be allowed to, by the service of the target's ARN."""

logger = logging.getLogger("local_cloud.ministack")


@dataclass(frozen=True)
class ScheduleRecords:
    """Schedules in MiniStack's store, which keeps them over a restart."""

    account_id: str
    region: str

    def all(self) -> list[dict[str, Any]]:
        from ministack.core import responses
        from ministack.services import scheduler

        with responses.request_scope(self.account_id, self.region):
            return [copy.deepcopy(one) for one in list(scheduler._schedules.values())]

    def create(self, name: str, body: Mapping[str, Any]) -> str:
        """Answers the ARN; raises ApiError."""
        from ministack.services import scheduler

        return str(self._call(scheduler._create_schedule, name, dict(body))["ScheduleArn"])

    def update(self, name: str, body: Mapping[str, Any]) -> str:
        """Answers the ARN; raises ApiError."""
        from ministack.services import scheduler

        return str(self._call(scheduler._update_schedule, name, dict(body))["ScheduleArn"])

    def delete(self, name: str, group: str) -> None:
        """Raises ApiError."""
        from ministack.services import scheduler

        self._call(scheduler._delete_schedule, name, {"groupName": group})

    def _call(self, work: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        from ministack.core import responses

        with responses.request_scope(self.account_id, self.region):
            status, _, body = work(*arguments)
        answer: dict[str, Any] = json.loads(body or b"{}")
        if status >= 400:
            raise ApiError(answer["__type"], answer["Message"], status=status)
        return answer


def fire_schedules_by(look: Callable[[], None]) -> None:
    """Let ``look`` fire what is due, about each second, in place of MiniStack's own sweep."""
    from ministack.services import scheduler

    setattr(scheduler, "_tick_schedules", look)  # noqa: B010 - not for mypy
    setattr(scheduler, "_SCHEDULE_TICK_INTERVAL", TICK_SECONDS)  # noqa: B010


def hold_rules_to_their_roles(region: str) -> None:
    """Let an event rule start a state machine only where its target's role may."""
    from ministack.services import eventbridge

    invoke: Callable[..., None] = eventbridge._invoke_target

    @functools.wraps(invoke)
    def invoke_if_allowed(target: dict[str, Any], event: Any, rule: Any, view: Any = None) -> None:
        arn, role = target.get("Arn", ""), target.get("RoleArn")
        action = RULE_ACTIONS.get(arn.split(":")[2] if arn.count(":") > 2 else "")
        if action and role and ministack_bridge.auth_enabled():
            fault = role_fault(role, EVENTS_PRINCIPAL, action, arn, region)
            if fault:
                logger.error("rule %s did not reach %s: %s", (rule or {}).get("Name"), arn, fault)
                return
        invoke(target, event, rule, view)

    setattr(eventbridge, "_invoke_target", invoke_if_allowed)  # noqa: B010


def shorten_rates_of_rules(time_scale: float) -> None:
    """Let rules with rate(...) fire so many times as often; MiniStack looks every ten seconds."""
    from ministack.services import eventbridge

    interval: Callable[[str], int | None] = eventbridge._parse_rate_seconds

    @functools.wraps(interval)
    def shortened(expression: str) -> float | None:
        seconds = interval(expression)
        return None if seconds is None else seconds / time_scale

    setattr(eventbridge, "_parse_rate_seconds", shortened)  # noqa: B010


def role_fault(role: str, principal: str, action: str, resource: str, region: str) -> str | None:
    """Why a service that assumes the role may not act; None where it may.

    Looks at the role's own policies, in process: rules fire on threads that may not wait for an
    answer of this very server.
    """
    from ministack.core import iam_evaluator

    if not ministack_bridge.trusts(role, principal):
        return f"{role} is not there or does not let {principal} assume it"
    account, name = role.split(":")[4], role.rpartition("/")[2]
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/{principal}",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=region,
        service_context={},
        principal_keys={},
    )
    result = iam_evaluator.evaluate(context, iam_evaluator._gather_role_policies(name, account))
    return None if result.decision == "Allow" else f"{role} is not allowed {action} on {resource}"
