"""Output parameters that a Lambda or Callback step declares, given their types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_cloud.sagemaker.pipeline.expressions import as_text

_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "String": as_text,
    "Integer": int,
    "Float": float,
}
_BOOLEANS = {"true": True, "false": False}


def converted(name: str, kind: str, value: Any) -> Any:
    """The value as its OutputType says. Raises ValueError with the fault."""
    try:
        if kind == "Boolean":
            return value if isinstance(value, bool) else _BOOLEANS[str(value).lower()]
        return _CONVERSIONS[kind](value)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"output parameter '{name}' is {value!r}, which is not of type {kind}."
        ) from error
