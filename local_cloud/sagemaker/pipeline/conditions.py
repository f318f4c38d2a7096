"""Conditions of a Condition step.

https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html#step-type-condition
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from local_cloud.sagemaker.pipeline.errors import StepFailedError

_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
_MEMBERS = {
    "Equals": ("LeftValue", "RightValue"),
    **dict.fromkeys(_ORDERINGS, ("LeftValue", "RightValue")),
    "In": ("QueryValue", "Values"),
    "Not": ("Expression",),
    "Or": ("Conditions",),
}
CONDITION_TYPES = tuple(_MEMBERS)


def faults_of(condition: Any, *, where: str) -> list[str]:
    """What is wrong with the form of a condition; empty if nothing is."""
    if not isinstance(condition, Mapping):
        return [f"{where}: a condition must be an object."]
    kind = condition.get("Type")
    if not isinstance(kind, str) or kind not in _MEMBERS:
        return [f"{where}: condition type '{kind}' is not one of {list(CONDITION_TYPES)}."]
    missing = [member for member in _MEMBERS[kind] if member not in condition]
    if missing:
        return [f"{where}: condition '{kind}' lacks {', '.join(missing)}."]
    if kind == "Not":
        return faults_of(condition["Expression"], where=where)
    lists = {"Or": "Conditions", "In": "Values"}
    if kind in lists and not isinstance(condition[lists[kind]], list):
        return [f"{where}: {lists[kind]} of condition '{kind}' must be a list."]
    if kind == "Or":
        return [fault for part in condition["Conditions"] for fault in faults_of(part, where=where)]
    return []


def holds(condition: Mapping[str, Any], evaluate: Callable[[Any], Any]) -> bool:
    """Whether the condition holds; ``evaluate`` resolves pipeline variables.

    Raises StepFailedError where two values cannot be put in order.
    """
    kind = condition["Type"]
    if kind == "Not":
        return not holds(condition["Expression"], evaluate)
    if kind == "Or":
        return any(holds(part, evaluate) for part in condition["Conditions"])
    if kind == "In":
        query = evaluate(condition["QueryValue"])
        return any(_equal(query, evaluate(value)) for value in condition["Values"])
    left, right = evaluate(condition["LeftValue"]), evaluate(condition["RightValue"])
    if kind == "Equals":
        return _equal(left, right)
    if not _comparable(left, right):
        raise StepFailedError(
            f"ClientError: condition {kind} cannot compare {left!r} ({type(left).__name__}) with "
            f"{right!r} ({type(right).__name__}); both must be numbers or both strings."
        )
    return _ORDERINGS[kind](left, right)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _comparable(left: Any, right: Any) -> bool:
    if _is_number(left) and _is_number(right):
        return True
    return isinstance(left, str) and isinstance(right, str)


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return bool(left == right)
