"""Values of templates as an API takes them.

CloudFormation converts what a template gives to the type of the property: numbers and booleans
may be strings, and strings numbers or booleans, as YAML reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from botocore.model import Shape

NUMBERS: dict[str, Callable[[Any], Any]] = {
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
}


def typed(shape: Any, value: Any) -> Any:
    """``value`` in the types of botocore's ``shape``. What cannot be converted stays as it is,
    so that the API's own validation names the member."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        return {
            name: typed(shape.members[name], item) if name in shape.members else item
            for name, item in value.items()
        }
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {str(key): typed(shape.value, item) for key, item in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [typed(shape.member, item) for item in value]
    if shape.type_name == "string":
        return _text(value)
    return _parsed(shape, value) if isinstance(value, str) else value


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _parsed(shape: Shape, text: str) -> Any:
    try:
        if shape.type_name in NUMBERS:
            return NUMBERS[shape.type_name](text)
        if shape.type_name == "timestamp":
            return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return text
    if shape.type_name == "boolean" and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    return text
