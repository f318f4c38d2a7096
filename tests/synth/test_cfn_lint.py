"""CloudFormation's own rules, by cfn-lint."""

from __future__ import annotations

import json

import pytest
from cfnlint import ManualArgs, lint

from tests.synth.templates import EVERY_ENVIRONMENT, assembly


def faults(template: str, region: str) -> list[str]:
    config = ManualArgs(regions=[region], ignore_checks=["W", "I"])
    return [
        f"{match.rule.id} line {match.linenumber}: {match.message}"
        for match in lint(template, config=config)
    ]


@pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)
def test_every_template_is_valid(environment: str) -> None:
    for stack in assembly(environment).stacks:
        found = faults(json.dumps(stack.template, indent=1), stack.environment.region)
        assert found == [], stack.stack_name


def test_a_wrong_template_is_refused() -> None:
    """The linter that the test above leans on is at work."""
    wrong = {
        "Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"Bucketname": "x"}}}
    }
    assert any("Bucketname" in fault for fault in faults(json.dumps(wrong), "eu-west-1"))
