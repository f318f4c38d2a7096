"""Statements on SageMaker name actions that exist, on the resource types that AWS checks.

A policy on the wrong type looks tight and allows nothing. The types are those of the service
authorization reference, as cfn-lint carries it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cfnlint
import pytest

from tests.synth.templates import ENVIRONMENTS
from tests.synth.test_policies import allowed_statements, listed

REFERENCE = Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json"
ACTIONS: dict[str, dict[str, Any]] = {
    name.lower(): action
    for name, action in json.loads(REFERENCE.read_text())["sagemaker"]["Actions"].items()
}


def flat(value: Any) -> str:
    """An ARN as text, its intrinsic functions as one letter each."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(flat(part) for part in parts)
    return str(value["Fn::Sub"]) if "Fn::Sub" in value else "X"


def resource_type(arn: Any) -> str:
    """``pipeline-execution`` of ``…:pipeline/p/execution/x``, else what is before the slash."""
    text = flat(arn)
    if ":pipeline/" in text and "/execution/" in text:
        return "pipeline-execution"
    return text.rsplit(":", 1)[-1].split("/")[0]


def sagemaker_statements(environment: str) -> Iterator[tuple[str, list[str], list[Any]]]:
    for logical_id, statement in allowed_statements(environment):
        actions = [name for name in listed(statement["Action"]) if name.startswith("sagemaker:")]
        if actions:
            names = [name.removeprefix("sagemaker:").lower() for name in actions]
            yield logical_id, names, listed(statement["Resource"])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_action_exists_and_has_a_resource_of_its_types(environment: str) -> None:
    faults = []
    for logical_id, actions, resources in sagemaker_statements(environment):
        for action in actions:
            if action not in ACTIONS:
                faults.append(f"{logical_id}: SageMaker has no action {action}")
                continue
            types = set(ACTIONS[action].get("Resources", []))
            given = {resource_type(arn) for arn in resources}
            if types and not types & given and given != {"*"}:
                faults.append(f"{logical_id}: {action} is checked on {types}, not on {given}")
    assert faults == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_resource_stands_there_that_no_action_is_checked_on(environment: str) -> None:
    faults = []
    for logical_id, actions, resources in sagemaker_statements(environment):
        types = {name for action in actions for name in ACTIONS[action].get("Resources", [])}
        spare = {resource_type(arn) for arn in resources} - types - {"*"}
        faults += [f"{logical_id}: nothing of {actions} is checked on {name}" for name in spare]
    assert faults == []
