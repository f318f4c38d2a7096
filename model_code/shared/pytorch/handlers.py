"""What an endpoint for pictures answers: three of the functions that SageMaker's PyTorch container
calls, the fourth, ``model_fn``, is a workload's own.

https://github.com/aws/sagemaker-pytorch-inference-toolkit names them. Requests and answers are
those of `shared.serving.picture_requests`. The container has PyTorch, NumPy and Pillow.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from shared.pytorch import pictures
from shared.serving import picture_requests
from shared.serving.picture_requests import BadRequestError

_CODE = Path(__file__).resolve().parents[2]
"""The folder of inference.py in the model's archive, where `shared` is a folder of it."""


def input_fn(body: Any, content_type: str | None) -> torch.Tensor:
    """Pixels [n, 3, rows, columns] of a request.

    Raises:
        BadRequestError: the content type, the form or the shape is not allowed.
    """
    kind = picture_requests.kind_of(content_type)
    content = body.encode() if isinstance(body, str) else bytes(body)
    picture_requests.check_body(content, kind)
    rows, columns, channels = _facts()["image_shape"]
    if kind == picture_requests.IMAGE:
        try:
            return pictures.of_encoded([content], (rows, columns))
        except (OSError, ValueError, SyntaxError) as error:
            raise BadRequestError(f"the body is no picture that can be read: {error}") from error
    images = picture_requests.pixels_of(content, kind, (rows, columns, channels))
    return pictures.as_tensor(np.asarray(images, np.float32))


def predict_fn(images: torch.Tensor, model: nn.Module) -> list[list[float]]:
    """Probabilities by picture and class."""
    answered: list[list[float]] = pictures.probabilities(model, images).tolist()
    return answered


def output_fn(probabilities: list[list[float]], accept: str | None) -> tuple[str, str]:
    """Body and content type of the answer. Raises BadRequestError where JSON is not accepted."""
    picture_requests.check_accept(accept)
    return picture_requests.answer(probabilities, _facts()["classes"])


@cache
def _facts() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_CODE / "model.json").read_text(encoding="utf-8"))
    return found
