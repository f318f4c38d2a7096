"""What the endpoint's container calls; travels in the model's archive as code/inference.py."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from birds_pytorch import network
from shared.pytorch import served_weights
from shared.pytorch.handlers import input_fn, output_fn, predict_fn

__all__ = ["input_fn", "model_fn", "output_fn", "predict_fn"]


def model_fn(model_dir: str) -> nn.Module:
    """Load the model, once."""
    return served_weights.load(Path(model_dir), network.build)
