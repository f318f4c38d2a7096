"""Whether the table says something of every member, and nothing of what is not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from local_cloud.sagemaker.treatment import paths
from local_cloud.sagemaker.treatment.rules import Rule, Verdict


def verdicts(rules: Iterable[Rule], input_shape: Any) -> dict[str, Verdict | None]:
    """Path -> verdict of every innermost member of a botocore shape; None where nothing is said."""
    said = {rule.path: rule.verdict for rule in rules if not rule.of_some_values}
    return {
        path: next((said[one] for one in _with_all_above(path) if one in said), None)
        for path in _innermost(input_shape)
    }


def faults(action: str, rules: Iterable[Rule], input_shape: Any) -> Iterator[str]:
    """What is wrong with the rules of an action whose request has this botocore shape."""
    rules = list(rules)
    said = [rule.path for rule in rules if not rule.of_some_values]
    for path in sorted({path for path in said if said.count(path) > 1}):
        yield f"{action}: {path} is said twice"
    for path, verdict in verdicts(rules, input_shape).items():
        if verdict is None:
            yield f"{action}: nothing is said of {path}"
    members = _members(input_shape)
    for rule in rules:
        yield from (f"{action}: {fault}" for fault in _faults_of(rule, rules, members))


def _members(input_shape: Any) -> dict[str, Any]:
    return {} if input_shape is None else paths.of_shape(input_shape)


def _innermost(input_shape: Any) -> list[str]:
    """A structure's members speak for it."""
    members = _members(input_shape)
    outer = {above for path in members for above in _with_all_above(path) if above != path}
    return [path for path in members if path not in outer]


def _with_all_above(path: str) -> Iterator[str]:
    """The path, then that of the member that it lies in, and so on."""
    one: str | None = path
    while one is not None:
        yield one
        one = paths.parent(one)


def _faults_of(rule: Rule, rules: list[Rule], members: dict[str, Any]) -> Iterator[str]:
    shape = members.get(rule.path)
    if shape is None:
        yield f"there is no member {rule.path}"
        return
    if rule.verdict != "works" and not rule.why:
        yield f"{rule.path} is {rule.verdict} for no reason"
    allowed = set(getattr(shape, "enum", []))
    for value in rule.values:
        if allowed and value not in allowed:
            yield f"{rule.path} has no value {value}"
    refused = {one.path for one in rules if one.verdict == "refused" and not one.of_some_values}
    for above in _with_all_above(rule.path):
        if above in refused and above != rule.path:
            yield f"{rule.path} lies in {above}, which is refused"
