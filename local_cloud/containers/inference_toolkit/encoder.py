"""From a prediction to an answer's body."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from local_cloud.containers.inference_toolkit import content_types, errors

SUPPORTED_CONTENT_TYPES = {content_types.JSON, content_types.CSV, content_types.NPY}


def encode(values: Any, content_type: str) -> str | bytes:
    """Raises UnsupportedFormatError."""
    if content_type == content_types.JSON:
        return json.dumps(values, default=listed)
    if content_type == content_types.CSV:
        text = io.StringIO()
        np.savetxt(text, values, delimiter=",", fmt="%s")
        return text.getvalue()
    if content_type == content_types.NPY:
        buffer = io.BytesIO()
        np.save(buffer, values)
        return buffer.getvalue()
    raise errors.UnsupportedFormatError(content_type)


def listed(value: Any) -> Any:
    """What JSON takes of an array or a tensor. Raises TypeError."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
