"""cdk-nag's AwsSolutions rules as a part of every synth."""

from __future__ import annotations

import re

import jsii
from aws_cdk import (
    App,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
    Validations,
)
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

from infra.policies.acknowledgments import ACKNOWLEDGED, AcknowledgedFinding

_RULE_ID = re.compile(r"(?P<rule>[A-Za-z]+-[A-Z]+[0-9]+)(\[(?P<finding>.*)\])?", re.DOTALL)


class AcknowledgingAwsSolutions(AwsSolutionsChecks):
    """The AwsSolutions rules without the findings that `acknowledgments.py` accepts.

    cdk-nag's own acknowledgments are matched by their exact text, in which logical ids and the
    names of exports stand; those change with the stacks, and the reason does not. Ours are
    patterns, so the known findings are taken out of the report here.

    Attributes:
        used: the acknowledgments that the last run needed.
    """

    used: frozenset[AcknowledgedFinding] = frozenset()

    @jsii.member(jsii_name="validateScope")
    def validate_scope(self, scope: IConstruct) -> PolicyValidationPluginReport:
        """Findings in the tree under `scope` that nobody acknowledged."""
        used: set[AcknowledgedFinding] = set()
        unknown = []
        for violation in super().validate_scope(scope).violations:
            resources: list[PolicyViolatingResource] = []
            for resource in violation.violating_resources:
                known = _acknowledged(violation.rule_name, resource.construct_path or "")
                if known:
                    used.add(known)
                else:
                    resources.append(resource)
            if resources:
                unknown.append(_with_resources(violation, resources))
        self.used = frozenset(used)
        return PolicyValidationPluginReport(success=not unknown, violations=unknown)


def enforce_aws_solutions(app: App) -> AcknowledgingAwsSolutions:
    """Let the synth of `app` fail on each finding that is not acknowledged."""
    checks = AcknowledgingAwsSolutions()
    Validations.of(app).add_plugins(checks)
    return checks


def _with_resources(
    violation: PolicyViolation, resources: list[PolicyViolatingResource]
) -> PolicyViolation:
    return PolicyViolation(
        rule_name=violation.rule_name,
        description=violation.description,
        severity=violation.severity,
        violating_resources=resources,
    )


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
