"""Encoded pictures as PyTorch's networks take them, in training and at the endpoint alike."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

CHANNELS = 3


def decode(encoded: bytes, edges: tuple[int, int] | None = None) -> np.ndarray[Any, Any]:
    """Pixels uint8 [rows, columns, 3], resized to `edges` (rows, columns) where they are given.

    As `shared.images.pictures` brings uploads to size: bilinear, antialiased, the aspect not kept.

    Raises:
        OSError or ValueError: not a picture, or a damaged one.
    """
    with Image.open(io.BytesIO(encoded)) as opened:
        picture = opened.convert("RGB")
    if edges is not None and picture.size != (edges[1], edges[0]):
        picture = picture.resize((edges[1], edges[0]), Image.Resampling.BILINEAR)
    return np.asarray(picture)


def as_tensor(images: np.ndarray[Any, Any]) -> torch.Tensor:
    """[n, 3, rows, columns] for pixels [n, rows, columns, 3], channels last in memory."""
    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2)


@torch.inference_mode()
def probabilities(model: nn.Module, images: torch.Tensor) -> Any:
    """A NumPy array [n, classes] for pixels 0..255 [n, 3, rows, columns]."""
    device = next(model.parameters()).device
    return torch.softmax(model(images.to(device)).float(), dim=1).cpu().numpy()


def of_encoded(encoded: Sequence[bytes], edges: tuple[int, int]) -> torch.Tensor:
    """Pixels of several pictures, each brought to `edges`. Raises what `decode` raises."""
    return as_tensor(np.stack([decode(one, edges) for one in encoded]))
