"""The state machines are valid Amazon States Language, by asl-validator."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.constructs.states import plain
from tests.synth.templates import EVERY_ENVIRONMENT, ROOT, state_machines

# asl-validator brings the reference implementation of JSONata along.
PARSE = """
const jsonata = require("jsonata");
const parse = text => {
  try { return {tree: jsonata(text).ast()}; }
  catch (fault) { return {fault: `${fault.message} at ${fault.position}`}; }
};
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(texts.map(parse), (key, value) =>
  value instanceof RegExp ? String(value) : value));
"""
EVALUATE = """
const {expression, variables} = JSON.parse(require("fs").readFileSync(0, "utf8"));
require("jsonata")(expression).evaluate({}, variables)
  .then(answer => console.log(JSON.stringify(answer)));
"""
VALIDATOR = ROOT / "node_modules" / ".bin" / "asl-validator"


def fault(definition: dict[str, Any], folder: Path) -> str:
    """What the validator says against `definition`, or the empty string."""
    path = folder / "definition.json"
    path.write_text(json.dumps(definition))
    # The functions' ARNs are references here.
    done = subprocess.run(
        [str(VALIDATOR), "--no-arn-check", "--json-path", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def expressions(value: Any) -> Iterator[str]:
    """The JSONata expressions in a definition, without their `{% %}`."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from expressions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from expressions(inner)
    elif isinstance(value, str) and value.startswith("{%"):
        yield value.removeprefix("{%").removesuffix("%}").strip()


def parsed(texts: list[str]) -> list[dict[str, Any]]:
    """For each expression its `tree`, or its `fault`."""
    done = subprocess.run(
        ["node", "-e", PARSE],
        input=json.dumps(texts),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    answer: list[dict[str, Any]] = json.loads(done.stdout)
    return answer


def assigned(definition: Any) -> set[str]:
    """Variables that some state assigns."""
    if isinstance(definition, dict):
        own = set(definition.get("Assign", {}))
        return own.union(*map(assigned, definition.values()))
    return set().union(*map(assigned, definition)) if isinstance(definition, list) else set()


def free_variables(tree: Any) -> set[str]:
    """Variables that an expression reads and does not bind itself; functions are none."""
    return _named(tree, "variable") - {
        node["lhs"]["value"] for node in _nodes(tree) if node.get("type") == "bind"
    }


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for key, inner in tree.items():
            # What is called is a function of JSONata's.
            if not (tree.get("type") == "function" and key == "procedure"):
                yield from _nodes(inner)
    elif isinstance(tree, list):
        for inner in tree:
            yield from _nodes(inner)


def _named(tree: Any, kind: str) -> set[str]:
    return {node["value"] for node in _nodes(tree) if node.get("type") == kind}


@pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)
def test_every_expression_is_jsonata_and_reads_what_is_assigned(environment: str) -> None:
    for name, definition in state_machines(environment).items():
        texts = list(expressions(definition))
        assert texts, name
        known = assigned(definition) | {"states"}
        for text, result in zip(texts, parsed(texts), strict=True):
            assert "fault" not in result, (name, text, result)
            assert free_variables(result["tree"]) <= known, (name, text)


def test_a_wrong_expression_is_found() -> None:
    broken, right = parsed(["$plan.model & (", "($a := $plan; $count($a))"])
    assert "fault" in broken
    assert free_variables(right["tree"]) == {"plan"}


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (
            json.dumps({"errorMessage": 'key "a" is\nmissing', "stackTrace": ["line 1"]}),
            'key "a" is missing',
        ),
        ('{"errorMessage":"first","also":{"errorMessage":"second"}}', "first"),
        ('{"errorMessage": "cut in the mid', '{"errorMessage": "cut in the mid'),
        ("Could not find endpoint", "Could not find endpoint"),
        ("", ""),
    ],
)
def test_of_a_function_s_error_the_message_is_told(cause: str, told: str) -> None:
    done = subprocess.run(
        ["node", "-e", EVALUATE],
        input=json.dumps({"expression": plain("$cause"), "variables": {"cause": cause}}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == told


@pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)
def test_every_state_machine_is_valid(environment: str, tmp_path: Path) -> None:
    machines = state_machines(environment)
    assert machines
    for name, definition in machines.items():
        assert fault(definition, tmp_path) == "", name


def test_a_state_machine_with_a_missing_state_is_refused(tmp_path: Path) -> None:
    """The validator that the test above leans on is installed and at work."""
    wrong = {
        "QueryLanguage": "JSONata",
        "StartAt": "Here",
        "States": {"Here": {"Type": "Pass", "Next": "There"}},
    }
    assert "MISSING_TRANSITION_TARGET" in fault(wrong, tmp_path)


@pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)
def test_every_task_is_retried_or_its_failure_is_caught(environment: str) -> None:
    for name, definition in state_machines(environment).items():
        for state, content in definition["States"].items():
            if content["Type"] == "Task":
                assert content.get("Catch") or content.get("Retry"), (name, state)


@pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)
def test_every_execution_ends(environment: str) -> None:
    for name, definition in state_machines(environment).items():
        assert definition["TimeoutSeconds"] > 0, name


@pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)
def test_no_variable_is_null(environment: str) -> None:
    """An expression that reads one fails in engines that take null for undefined."""
    for name, definition in state_machines(environment).items():
        for state, content in definition["States"].items():
            assert None not in content.get("Assign", {}).values(), (name, state)
