"""Synthesised templates of every environment, made once a test run, and how tests read them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from aws_cdk.cx_api import CloudAssembly

import app as application
from infra.policies.acknowledgments import AcknowledgedFinding
from infra.policies.nag import AcknowledgingAwsSolutions, enforce_aws_solutions

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = tuple(
    sorted(path.stem for path in (ROOT / "config" / "environments").glob("*.yaml"))
)
WAYS = "ways"
"""An environment of the tests alone (`tests/synth/ways/`): every way to serve at once."""
EVERY_ENVIRONMENT = (*ENVIRONMENTS, WAYS)

_ASSET_HASH = re.compile(r"[0-9a-f]{64}")
Template = dict[str, Any]


def context() -> dict[str, Any]:
    """The context that the CDK CLI reads from cdk.json."""
    read: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return read


@cache
def _synthesised(environment: str) -> tuple[CloudAssembly, AcknowledgingAwsSolutions]:
    config = {"config": str(ROOT / "tests" / "synth" / WAYS)} if environment == WAYS else {}
    app = application.build_stacks(environment, context={**context(), **config})
    checks = enforce_aws_solutions(app)
    return app.synth(), checks


def assembly(environment: str) -> CloudAssembly:
    """The cloud assembly of one environment, as `cdk synth -c env=<environment>` writes it.

    Raises:
        RuntimeError: cdk-nag found what nobody acknowledged.
    """
    return _synthesised(environment)[0]


def used_acknowledgments(environment: str) -> frozenset[AcknowledgedFinding]:
    """The acknowledgments that this environment's stacks need."""
    return _synthesised(environment)[1].used


def stacks(environment: str) -> dict[str, Template]:
    """Templates of one environment by stack name, in the order of deployment."""
    return {stack.stack_name: stack.template for stack in assembly(environment).stacks}


def every_template() -> Iterator[tuple[str, str, Template]]:
    """Environment, stack name and template of every stack of every environment."""
    for environment in ENVIRONMENTS:
        for stack, template in stacks(environment).items():
            yield environment, stack, template


def resources(template: Template, resource_type: str) -> dict[str, dict[str, Any]]:
    """Resources of one type by logical id."""
    return {
        logical_id: resource
        for logical_id, resource in template.get("Resources", {}).items()
        if resource["Type"] == resource_type
    }


def state_machines(environment: str) -> dict[str, dict[str, Any]]:
    """Definitions of an environment's state machines by name, with `${...}` for references."""
    return {
        resource["Properties"]["StateMachineName"]: json.loads(
            _joined(resource["Properties"]["DefinitionString"])
        )
        for template in stacks(environment).values()
        for resource in resources(template, "AWS::StepFunctions::StateMachine").values()
    }


def snapshot(template: Template) -> str:
    """`template` as sorted YAML in which no asset's hash stands.

    Code changes then leave the snapshots alone; what is deployed around the code does not.
    JSON documents in strings are opened, so that a change in them reads as one.
    """
    text = yaml.safe_dump(_opened(template), sort_keys=True, width=100, allow_unicode=True)
    return _ASSET_HASH.sub("<asset>", text)


def _opened(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"Fn::Join"}:
            return _document(_joined(value)) or value
        return {key: _opened(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_opened(inner) for inner in value]
    return value


def _document(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def _joined(value: Any) -> str:
    """The text of a string property, each reference in it as `${...}`."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Fn::Join":
        separator, parts = argument
        return str(separator).join(map(_joined, parts))
    if function == "Ref":
        return f"${{{argument}}}"
    if function == "Fn::GetAtt":
        return f"${{{'.'.join(argument)}}}"
    if function == "Fn::ImportValue":
        return f"${{{_joined(argument).rsplit(':', 1)[-1]}}}"
    raise ValueError(f"no text is known for {function}: {argument}")
