"""The model card of a model package: a JSON text and its status."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def faults(known: Mapping[str, Any] | None, given: Mapping[str, Any] | None) -> list[str]:
    """What is wrong with a model card that a request gives, over the one that is there."""
    content = (given or {}).get("ModelCardContent")
    if content is None:
        return []
    if (known or {}).get("ModelCardStatus") == "Archived":
        return ["Model Card is in Archived state."]
    try:
        parsed = json.loads(content)
    except json.JSONDecodeError as error:
        return [f"ModelCardContent is not JSON: {error}."]
    return [] if isinstance(parsed, dict) else ["ModelCardContent is not a JSON object."]
