"""cdk-nag's AwsSolutions rules as a part of every synth."""

from __future__ import annotations

import re

from aws_cdk import Acknowledgment, App, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

from infra.policies.acknowledgments import ACKNOWLEDGED, AcknowledgedFinding

_RULE_ID = re.compile(r"(?P<rule>[A-Za-z]+-[A-Z]+[0-9]+)(\[(?P<finding>.*)\])?", re.DOTALL)


def enforce_aws_solutions(app: App) -> None:
    """Let the synth of `app` fail on each finding that is not acknowledged.

    cdk-nag 3 matches acknowledgments by their exact text, in which the logical ids of
    resources stand; ours are patterns. So the rules run once over the finished tree here,
    each known finding is acknowledged where it was found, and the synth runs them again.
    """
    for path, rule_id, known in known_findings(app):
        Validations.of(_construct(app, path)).acknowledge(
            Acknowledgment(id=rule_id, reason=known.reason)
        )
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def known_findings(app: App) -> list[tuple[str, str, AcknowledgedFinding]]:
    """Findings in the tree of `app` that are acknowledged: construct path, rule id, which."""
    report = AwsSolutionsChecks(app).validate_scope(app)
    return [
        (resource.construct_path or "", violation.rule_name, known)
        for violation in report.violations
        for resource in violation.violating_resources
        if (known := _acknowledged(violation.rule_name, resource.construct_path or ""))
    ]


def _acknowledged(rule_id: str, path: str) -> AcknowledgedFinding | None:
    parsed = _RULE_ID.fullmatch(rule_id)
    if parsed is None:
        raise ValueError(f"cdk-nag's rule id {rule_id!r} has an unknown form")
    for known in ACKNOWLEDGED:
        if (
            known.rule == parsed["rule"]
            and re.fullmatch(known.finding, parsed["finding"] or "")
            and re.fullmatch(known.path, path)
        ):
            return known
    return None


def _construct(app: App, path: str) -> IConstruct:
    construct: IConstruct = app
    for part in path.split("/"):
        construct = construct.node.find_child(part)
    return construct
