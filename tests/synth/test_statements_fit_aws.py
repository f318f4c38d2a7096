"""Statements of every role name actions that exist, on resources that AWS checks them on.

A policy on the wrong kind of resource looks tight and allows nothing, and no deployment says so.
The kinds are those of the service authorization reference, as cfn-lint carries it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import cfnlint
import pytest

from tests.synth.arns import arn
from tests.synth.templates import EVERY_ENVIRONMENT, resources, stacks
from tests.synth.test_policies import listed

REFERENCE = json.loads(
    (Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json").read_text()
)
# Where one form of ARN is that of several kinds, the reference's pattern does not tell them apart.
_FORMS = {
    ("s3", "bucket"): r"arn:aws:s3:::[^/]+",
    ("s3", "object"): r"arn:aws:s3:::[^/]+/.+",
    ("sagemaker", "pipeline"): r"arn:aws:sagemaker:[^:]*:[^:]*:pipeline/[^/]+",
    (
        "sagemaker",
        "pipeline-execution",
    ): r"arn:aws:sagemaker:[^:]*:[^:]*:pipeline/[^/]+/execution/.+",
    ("logs", "log-group"): r"arn:aws:logs:[^:]*:[^:]*:log-group:[^:]+(:\*)?",
    ("logs", "log-stream"): r"arn:aws:logs:[^:]*:[^:]*:log-group:[^:]+:.+",
}
# The reference names kinds for these, and AWS checks them without one in their usual form.
_WITHOUT_RESOURCE = {"cloudwatch:PutMetricData"}
# AWS checks these on what is named, or on everything where nothing is.
_OF_ALL_AS_WELL = {"cloudwatch:DescribeAlarms"}

pytestmark = pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)


class Statement(NamedTuple):
    """What a statement allows on what, and in which policy it stands."""

    place: str
    actions: list[str]
    arns: list[str]


def statements(environment: str) -> Iterator[Statement]:
    for stack, template in stacks(environment).items():
        for logical_id, policy in resources(template, "AWS::IAM::Policy").items():
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                yield Statement(
                    f"{stack}/{logical_id}",
                    listed(statement["Action"]),
                    [arn(environment, template, each) for each in listed(statement["Resource"])],
                )


def kinds(action: str) -> set[str] | None:
    """Kinds of resources that AWS checks an action on, or None where there is no such action."""
    service, name = action.split(":")
    known: dict[str, Any] | None = REFERENCE[service]["Actions"].get(name.lower())
    if known is None:
        return None
    return set() if action in _WITHOUT_RESOURCE else set(known.get("Resources") or ())


@cache
def pattern(service: str, kind: str) -> re.Pattern[str]:
    """What ARNs of a kind look like."""
    known = REFERENCE[service]["Resources"]
    # Some services' actions name their kinds in another case than the kinds themselves.
    forms = (known.get(kind) or known[kind.lower()])["ARNFormats"]
    own = _FORMS.get((service, kind))
    return re.compile(own or "|".join(re.sub(r"\$\{\w+\}", "[^:]*", form) for form in forms))


def fits(action: str, resource: str) -> bool:
    """Whether AWS would ever compare `resource` with what `action` acts on."""
    service = action.split(":")[0]
    known = kinds(action)
    if not known:
        return resource == "*"
    if resource == "*" and action in _OF_ALL_AS_WELL:
        return True
    return any(pattern(service, kind).fullmatch(resource) for kind in known)


def test_every_action_exists(environment: str) -> None:
    found = {action for each in statements(environment) for action in each.actions}
    assert {action for action in found if kinds(action) is None} == set()
    # The services whose policies are read here at all.
    assert {action.split(":")[0] for action in found} >= {
        *("cloudwatch", "dynamodb", "ecr", "iam", "kms", "lambda", "logs", "s3", "sagemaker"),
        *("sns", "sqs", "states", "xray"),
    }


def test_every_action_has_a_resource_that_it_is_checked_on(environment: str) -> None:
    faults = [
        f"{place}: {action} is checked on {kinds(action) or 'no resource'}, not on {arns}"
        for place, actions, arns in statements(environment)
        for action in actions
        if not any(fits(action, resource) for resource in arns)
    ]
    assert faults == []


def test_no_resource_stands_there_that_no_action_is_checked_on(environment: str) -> None:
    faults = [
        f"{place}: nothing of {actions} is checked on {resource}"
        for place, actions, arns in statements(environment)
        for resource in arns
        if not any(fits(action, resource) for action in actions)
    ]
    assert faults == []


def test_resources_of_the_wrong_kind_are_found(environment: str) -> None:
    """What the tests above lean on."""
    bucket, key = "arn:aws:s3:::data", "arn:aws:kms:eu-west-1:000000000000:key/1"
    assert fits("s3:ListBucket", bucket)
    assert not fits("s3:ListBucket", f"{bucket}/uploads/*")
    assert not fits("s3:GetObject", bucket)
    assert not fits("kms:Decrypt", key.replace("key/", "alias/"))
    assert not fits("sagemaker:ListModels", "arn:aws:sagemaker:eu-west-1:000000000000:model/x")
    assert kinds("sagemaker:DescribeEverything") is None
