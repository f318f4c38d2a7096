"""What in a definition is known only later: pipeline variables and CDK tokens."""

from __future__ import annotations

import re
from typing import Any

VARIABLES = frozenset({"Get", "Std:Join", "Std:JsonGet"})

_TOKEN = re.compile(r"[$#]\{Token\[[^]]*\]\}")


def is_variable(value: Any) -> bool:
    """Whether a JSON value is a pipeline variable, which the running pipeline fills in."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in VARIABLES


def has_token(value: Any) -> bool:
    """Whether a text, or the single text of a list, holds a CDK token."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return isinstance(value, str) and _TOKEN.search(value) is not None


def joined_text(variable: dict[str, Any]) -> str | None:
    """A Std:Join as one text with ``unknown`` for each part that is known only later.

    None where nothing can be said of the text: for other variables, and where the first part is
    itself unknown.
    """
    join = variable.get("Std:Join")
    if not isinstance(join, dict) or not isinstance(join.get("Values"), list):
        return None
    values = join["Values"]
    if not values or is_variable(values[0]) or has_token(values[0]):
        return None
    parts = ["unknown" if is_variable(value) else str(value) for value in values]
    return _TOKEN.sub("unknown", str(join.get("On", "")).join(parts))
