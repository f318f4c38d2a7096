"""SearchExpression: filters, nested filters and subexpressions, joined by And or Or."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from local_cloud.sagemaker.search import comparison, properties
from local_cloud.sagemaker.search.properties import Property

MOST_CONDITIONS = 50
"""Filters, nested filters and subexpressions of an expression, at any depth."""

_CONTAINS_FREELY = {
    "Experiment": ("DisplayName", "ExperimentName", "Tags"),
    "Trial": ("DisplayName", "TrialName", "Tags"),
    "TrialComponent": (
        "DisplayName",
        "TrialComponentName",
        "Tags",
        "InputArtifacts",
        "OutputArtifacts",
    ),
}
"""Of all other properties an expression may ask by ``Contains`` once."""

Expression = Mapping[str, Any]


def faults(expression: Expression, shape: Any) -> list[str]:
    """All that is wrong with the expression for records of this shape."""
    found = list(_faults(expression, shape))
    if _count(expression) > MOST_CONDITIONS:
        found.append(
            "The maximum number of recursive SubExpressions, NestedFilters, and Filters that can "
            f"be included in a SearchExpression object is {MOST_CONDITIONS}."
        )
    free = _CONTAINS_FREELY.get(shape.name, ())
    contains = Counter(
        given["Name"].split(".")[0] in free
        for given in _filters(expression)
        if given.get("Operator") == "Contains"
    )
    if contains[False] > 1:
        found.append("'CONTAINS' operator usage limit of 1 exceeded.")
    return found


def matches(expression: Expression, record: Mapping[str, Any], shape: Any) -> bool:
    """Whether the record satisfies an expression without faults."""
    results = _results(expression, record, shape)
    return any(results) if expression.get("Operator") == "Or" else all(results)


def _results(expression: Expression, record: Mapping[str, Any], shape: Any) -> Iterator[bool]:
    for given in expression.get("Filters", []):
        yield _holds(given, record, shape)
    for nested in expression.get("NestedFilters", []):
        yield any(
            all(_holds(given, one, shape) for given in nested["Filters"])
            for one in _single_items(record, nested["NestedPropertyName"].split("."))
        )
    for inner in expression.get("SubExpressions", []):
        yield matches(inner, record, shape)


def _holds(given: Mapping[str, Any], record: Mapping[str, Any], shape: Any) -> bool:
    found = _property(given, shape)
    if found is None:
        return False
    values = found.read(record)
    return comparison.holds(_operator(given), found.kind, given.get("Value"), values)


def _single_items(record: Mapping[str, Any], path: list[str]) -> Iterator[Mapping[str, Any]]:
    """The record as it would be with one item alone in the list at ``path``, for each item."""
    value = record.get(path[0])
    if len(path) > 1:
        if isinstance(value, Mapping):
            for inner in _single_items(value, path[1:]):
                yield {**record, path[0]: inner}
    elif isinstance(value, list):
        for item in value:
            yield {**record, path[0]: [item]}


def _operator(given: Mapping[str, Any]) -> str:
    return str(given.get("Operator", "Equals"))


def _property(given: Mapping[str, Any], shape: Any) -> Property | None:
    return properties.find(shape, given["Name"])


def _faults(expression: Expression, shape: Any) -> Iterator[str]:
    if not any(expression.get(key) for key in ("Filters", "NestedFilters", "SubExpressions")):
        yield (
            "You must provide at least one subexpression, filter, or nested filter in a "
            "SearchExpression."
        )
    for given in expression.get("Filters", []):
        yield from _filter_faults(given, shape)
    for nested in expression.get("NestedFilters", []):
        yield from _nested_faults(nested, shape)
    for inner in expression.get("SubExpressions", []):
        yield from _faults(inner, shape)


def _filter_faults(given: Mapping[str, Any], shape: Any) -> Iterator[str]:
    found = _property(given, shape)
    if found is None:
        yield unknown(given["Name"], shape)
        return
    fault = comparison.fault(_operator(given), found.kind, given.get("Value"))
    if fault is not None:
        yield f"{given['Name']} {fault}."


def _nested_faults(nested: Mapping[str, Any], shape: Any) -> Iterator[str]:
    name = nested["NestedPropertyName"]
    found = properties.find(shape, name)
    if found is None or found.kind != "object":
        yield unknown(name, shape)
    for given in nested["Filters"]:
        if not given["Name"].startswith(f"{name}."):
            yield f"{given['Name']} is no property of {name}, in whose nested filters it is."
        yield from _filter_faults(given, shape)


def unknown(name: str, shape: Any) -> str:
    return (
        f"Unknown property name: {name}. Properties of {shape.name} begin with "
        f"{', '.join(shape.members)}."
    )


def _filters(expression: Expression) -> Iterator[Mapping[str, Any]]:
    yield from expression.get("Filters", [])
    for nested in expression.get("NestedFilters", []):
        yield from nested["Filters"]
    for inner in expression.get("SubExpressions", []):
        yield from _filters(inner)


def _count(expression: Expression) -> int:
    inner = expression.get("SubExpressions", [])
    nested = len(expression.get("NestedFilters", [])) + len(inner)
    own = sum(1 for _ in _filters({**expression, "SubExpressions": []}))
    return own + nested + sum(_count(one) for one in inner)
