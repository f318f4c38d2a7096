"""Whether a caller may do something, by MiniStack's evaluation of policies."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

logger = logging.getLogger("local_cloud.ministack")


STATE_MACHINE_KEY_MARK = "Credential=test/20260101/"
"""How MiniStack's Step Functions signs a call that a state machine makes."""


NO_KEY = "AKIANOSUCHROLE"


# The execution's thread sets it; MiniStack hands the context on to the handler it calls.
_state_machine_key: ContextVar[str] = ContextVar("state_machine_key", default=NO_KEY)


@dataclass(frozen=True)
class Denial:
    """Why a call is refused, in AWS's words."""

    code: str
    message: str


def authorise(
    headers: Mapping[str, str],
    *,
    action: str,
    resource_arn: str,
    region: str,
    context: Mapping[str, Any] | None = None,
) -> Denial | None:
    """Evaluate the caller's policies for one action; None where it is allowed.

    Must run in the request's own context, since the caller is pinned there. A call that a
    state machine makes arrives as the account's root, and is evaluated for the role that
    :func:`let_state_machines_act_as_their_roles` found.
    """
    from ministack.core import iam_actions, iam_evaluator, router

    if not auth_enabled():
        return None
    if STATE_MACHINE_KEY_MARK in headers.get("authorization", ""):
        access_key = _state_machine_key.get()
    else:
        access_key = router.extract_access_key_id(dict(headers), {})
    denied = iam_evaluator.enforce(
        access_key,
        action,
        action.split(":")[0],
        region,
        resource_arn=resource_arn,
        service_context=dict(context or {}),
    )
    if denied is None:
        return None
    if isinstance(denied, iam_evaluator.AuthError):
        return Denial("UnrecognizedClientException", str(denied.message))
    message = iam_actions.identity_denial_message(
        action, denied.principal_arn, resource_arn, denied.decision == "Deny"
    )
    return Denial("AccessDeniedException", message)


def auth_enabled() -> bool:
    """Whether this MiniStack checks signatures and policies."""
    from ministack import app

    return bool(app.AUTH)


def trusts(role_arn: str, service_principal: str) -> bool | None:
    """Whether the role's trust policy lets the service assume it; None where there is no role."""
    from ministack.services import iam

    role = iam._roles.get(role_arn.rsplit("/", 1)[-1])
    if role is None:
        return None
    document = role["AssumeRolePolicyDocument"]
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy["Statement"]
    principals: list[str] = []
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal", {})
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        if statement.get("Effect") == "Allow":
            principals += [services] if isinstance(services, str) else services
    return service_principal in principals


def let_state_machines_act_as_their_roles(access_key: Callable[[str], str]) -> None:
    """Evaluate what a state machine asks of the added services for its own role.

    MiniStack makes such calls as the account's root. ``access_key(role_arn)`` answers the id of
    temporary keys of the role, and may raise: then what the execution calls is refused.
    """
    from ministack.services import stepfunctions

    run: Callable[[str], None] = stepfunctions._run_execution

    @functools.wraps(run)
    def run_as_role(execution_arn: str) -> None:
        execution = stepfunctions._executions.get(execution_arn) or {}
        machine = stepfunctions._state_machines.get(execution.get("stateMachineArn")) or {}
        try:
            _state_machine_key.set(access_key(machine["roleArn"]))
        except Exception:
            logger.exception("no keys for the role of %s", execution_arn)
            _state_machine_key.set(NO_KEY)
        run(execution_arn)

    setattr(stepfunctions, "_run_execution", run_as_role)  # noqa: B010
