"""From a request's body to a NumPy array."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from local_cloud.containers.inference_toolkit import content_types, errors


def decode(body: Any, content_type: str | None) -> Any:
    """Raises UnsupportedFormatError; ValueError where the body is not of its type.

    Unlike the toolkit it does not unpickle NPY files, since that runs code of whoever sent them.
    """
    if content_type == content_types.JSON:
        return np.array(json.loads(body))
    if content_type == content_types.CSV:
        return np.genfromtxt(io.StringIO(body), delimiter=",")
    if content_type == content_types.NPY:
        return np.load(io.BytesIO(body), allow_pickle=False)
    raise errors.UnsupportedFormatError(content_type)
