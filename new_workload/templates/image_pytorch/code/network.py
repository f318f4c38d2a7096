"""The network: training makes it, predictor and endpoint load it. EDIT it for another.

Only its weights are kept (`weights.pt`), so that loading a model runs no code from its file, and
the release of PyTorch that serves need not be the one that trained.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

WEIGHTS = "weights.pt"


class Network(nn.Module):
    """From pixels 0..255 [n, 3, size, size] to logits [n, classes]; it scales them itself."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        for given, width in ((3, 32), (32, 64), (64, 128)):
            convolution = nn.Conv2d(given, width, 3, padding=1, bias=False)
            pooling = nn.MaxPool2d(2, ceil_mode=True)
            stages += [convolution, nn.BatchNorm2d(width), nn.ReLU(), pooling]
        self.features = nn.Sequential(*stages)
        self.head = nn.Linear(128, classes)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        features = self.features(pixels.float() / 127.5 - 1)
        logits: torch.Tensor = self.head(features.mean(dim=(2, 3)))
        return logits


def decode(encoded: bytes, size: int = 0) -> torch.Tensor:
    """Pixels [3, rows, columns] of a PNG or JPEG, resized to `size` where it is given."""
    with Image.open(io.BytesIO(encoded)) as opened:
        picture = opened.convert("RGB")
    if size and picture.size != (size, size):
        picture = picture.resize((size, size), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)


def load(folder: Path, *, classes: int) -> Network:
    """The trained network in a model's folder, ready to answer."""
    network = Network(classes)
    weights = torch.load(folder / WEIGHTS, map_location="cpu", weights_only=True)
    network.load_state_dict(weights)
    return network.eval()


@torch.inference_mode()
def probabilities(network: Network, encoded: Sequence[bytes], size: int) -> Any:
    """A NumPy array [n, classes] for n encoded pictures."""
    pixels = torch.stack([decode(one, size) for one in encoded])
    return torch.softmax(network(pixels), dim=1).numpy()
