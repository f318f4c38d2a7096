"""Which parameters learn, phase by phase."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from birds_pytorch.network import Birds


def train_all(model: Birds) -> None:
    """Every layer learns."""
    model.requires_grad_(True)


def train_head(model: Birds) -> None:
    """The head alone learns."""
    model.requires_grad_(False)
    model.head.requires_grad_(True)


def train_top(part: float) -> Callable[[Birds], None]:
    """The head and the last part of the layers learn.

    Batch normalisation keeps its averages: those of a few batches of another kind of pictures
    would undo what the layers below have learned.
    """

    def freeze(model: Birds) -> None:
        train_head(model)
        layers = [module for module in model.base.modules() if isinstance(module, nn.Conv2d)]
        for layer in layers[len(layers) - round(part * len(layers)) :]:
            layer.requires_grad_(True)

    return freeze


def set_batch_norm_momentum(model: nn.Module, momentum: float) -> None:
    """Of all averages in the model."""
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            module.momentum = momentum
