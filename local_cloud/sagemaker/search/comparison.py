"""The operators of a filter: what a property's values must be for it to hold."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local_cloud.sagemaker.search.properties import Kind

ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
WITHOUT_VALUE = ("Exists", "NotExists")
_TEXT_ONLY = ("Contains", "In")


def fault(operator_name: str, kind: Kind, value: str | None) -> str | None:
    """What is wrong with an operator and its value for a property of this kind."""
    if operator_name in WITHOUT_VALUE:
        return f"takes no Value with operator {operator_name}" if value is not None else None
    if value is None:
        return f"needs a Value with operator {operator_name}"
    if kind == "object":
        return f"takes the operators {', '.join(WITHOUT_VALUE)} only"
    if kind == "text" and operator_name in ORDERED:
        return f"is a text property, which operator {operator_name} is not supported for"
    if kind not in ("text", "free") and operator_name in _TEXT_ONLY:
        return f"is no text property, and operator {operator_name} is only supported for those"
    try:
        _read(kind, value)
    except ValueError as error:
        return str(error)
    return None


def holds(operator_name: str, kind: Kind, value: str | None, found: list[Any]) -> bool:
    """Whether a record whose property has the values ``found`` satisfies the filter.

    Of several values one has to; NotEquals holds where none of them is equal.
    """
    if operator_name == "Exists":
        return bool(found)
    if operator_name == "NotExists":
        return not found
    text = value or ""
    if operator_name == "Contains":
        return any(text in str(one) for one in found)
    if operator_name == "In":
        wanted = {part.strip() for part in text.split(",")}
        return any(str(one) in wanted for one in found)
    if operator_name == "NotEquals":
        return not any(_compared(kind, operator.eq, one, text) for one in found)
    compare = ORDERED.get(operator_name, operator.eq)
    return any(_compared(kind, compare, one, text) for one in found)


def _compared(kind: Kind, compare: Callable[[Any, Any], bool], found: Any, text: str) -> bool:
    if kind != "free":
        return compare(found, _read(kind, text))
    number, wanted = _number(found), _number(text)
    if number is None or wanted is None:
        return compare is operator.eq and str(found) == text
    if "." not in text and isinstance(found, str):
        # With a whole number for Value, decimal hyperparameters count as whole ones.
        number = float(int(number))
    return compare(number, wanted)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _read(kind: Kind, text: str) -> Any:
    """The filter's value as the property's kind has them; raises ValueError."""
    if kind == "number":
        number = _number(text)
        if number is None:
            raise ValueError("is a numerical property: Value must be an integer or a decimal")
        return number
    if kind == "timestamp":
        return _seconds(text)
    if kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise ValueError("is a Boolean property: Value must be true or false")
        return text.lower() == "true"
    return text


def _seconds(text: str) -> float:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(
            "is a timestamp property: Value must be an ISO 8601 date-time string of the format "
            "YYYY-mm-dd'T'HH:MM:SS"
        ) from error
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
