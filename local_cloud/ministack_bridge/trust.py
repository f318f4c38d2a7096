"""What the conditions of a trust policy are told when a service assumes a role."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping
from typing import Any

_ACCOUNT = "aws:sourceaccount"
_RESOURCE = "aws:sourcearn"


def tell_source_account() -> None:
    """Let roles be assumed whose trust policy asks for `aws:SourceAccount` or `aws:SourceArn`.

    AWS advises both against confused deputies, and many tools write them. Services assume roles
    here as the account's root, of which MiniStack tells neither. The account is told as it is; for
    which resource a service acts is not known here, so conditions on it count as met.
    """
    from ministack.core import iam_evaluator

    evaluate = iam_evaluator.evaluate_trust_policy

    @functools.wraps(evaluate)
    def evaluate_with_source(document: Any, caller_arn: str, context: Any = None) -> bool:
        if context is not None and caller_arn.endswith(":root"):
            source = {_ACCOUNT: context.principal_account}
            known = {**context.service_context, **source}
            context = dataclasses.replace(context, service_context=known)
            document = _without_resources(document)
        return bool(evaluate(document, caller_arn, context))

    setattr(iam_evaluator, "evaluate_trust_policy", evaluate_with_source)  # noqa: B010 - not for mypy


def _without_resources(document: Any) -> Any:
    """The policy without conditions on the resource, in statements about services."""
    try:
        policy = json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return document
    if not isinstance(policy, dict):
        return document
    statements = policy.get("Statement", [])
    listed = [statements] if isinstance(statements, dict) else statements
    return {**policy, "Statement": [_of_any_resource(one) for one in listed]}


def _of_any_resource(statement: Any) -> Any:
    if not isinstance(statement, dict) or not isinstance(statement.get("Condition"), Mapping):
        return statement
    principal = statement.get("Principal")
    if not isinstance(principal, dict) or "Service" not in principal:
        return statement
    conditions = {
        operator: {key: value for key, value in keys.items() if key.lower() != _RESOURCE}
        for operator, keys in statement["Condition"].items()
    }
    return {**statement, "Condition": {name: keys for name, keys in conditions.items() if keys}}
