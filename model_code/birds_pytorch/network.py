"""ResNet with a head of its own: K. He et al., https://arxiv.org/abs/1512.03385.

It is torchvision's where that is installed, as in AWS's images. Where it is not,
`FallbackResNet` takes its place: much smaller, without pretrained weights, so that the workload
can be tried on a machine without torchvision. A model says in its facts which of them it is.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

TORCHVISION, FALLBACK = "torchvision", "FallbackResNet"
NAMES = ("resnet18", "resnet34", "resnet50")
STEMS = ("standard", "small")
_FALLBACK_BLOCKS = {"resnet18": 1, "resnet34": 2, "resnet50": 3}
_FALLBACK_WIDTHS = (32, 64, 128)
# Of ImageNet's pixels, by which the pretrained weights were made:
# https://docs.pytorch.org/vision/stable/models.html
_MEAN = (123.675, 116.28, 103.53)
_DEVIATION = (58.395, 57.12, 57.375)


class MissingTorchvisionError(ValueError):
    """A model of torchvision's is to be built where it is not installed."""


def available() -> str:
    """`TORCHVISION` where it is installed, else `FALLBACK`."""
    return TORCHVISION if importlib.util.find_spec("torchvision") else FALLBACK


def build(facts: Mapping[str, Any]) -> Birds:
    """The network of a model's facts, ``{"network": {...}, "classes": [...]}``, with random
    weights.

    Raises:
        MissingTorchvisionError: it is torchvision's, which is not installed.
    """
    network = facts["network"]
    return Birds(
        network["name"],
        implementation=network["implementation"],
        stem=network["stem"],
        classes=len(facts["classes"]),
        dropout=network["dropout"],
    )


class Birds(nn.Module):
    """From pixels 0..255 [n, 3, rows, columns] to logits [n, classes]; it scales them itself.

    Attributes:
        base: the ResNet, without its last layer.
        head: the last layer.
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(
        self, name: str, *, implementation: str, stem: str, classes: int, dropout: float
    ) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        deviation = torch.tensor(_DEVIATION).view(1, 3, 1, 1)
        self.register_buffer("deviation", deviation, persistent=False)
        base: Any = (
            _of_torchvision(name, stem)
            if implementation == TORCHVISION
            else FallbackResNet(_FALLBACK_BLOCKS[name], stem)
        )
        features: int = base.fc.in_features
        base.fc = nn.Identity()
        self.base: nn.Module = base
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(features, classes))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        scaled = (pixels.float() - self.mean) / self.deviation
        logits: torch.Tensor = self.head(self.base(scaled))
        return logits


class FallbackResNet(nn.Module):
    """A narrow ResNet, in place of torchvision's where that is not installed."""

    def __init__(self, blocks: int, stem: str) -> None:
        super().__init__()
        first, *_, last = _FALLBACK_WIDTHS
        layers: list[nn.Module] = [
            nn.Conv2d(3, first, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(inplace=True),
        ]
        if stem == "standard":
            layers.append(nn.MaxPool2d(3, stride=2, padding=1))
        given = first
        for stage, width in enumerate(_FALLBACK_WIDTHS):
            for block in range(blocks):
                layers.append(_Block(given, width, stride=2 if stage and not block else 1))
                given = width
        self.layers = nn.Sequential(*layers)
        self.fc: nn.Module = nn.Linear(last, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        pooled = self.layers(images).mean(dim=(2, 3))
        answered: torch.Tensor = self.fc(pooled)
        return answered


class _Block(nn.Module):
    """Two convolutions beside a way around them."""

    def __init__(self, given: int, width: int, *, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(given, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.around: nn.Module = nn.Identity()
        if stride > 1 or given != width:
            around = nn.Conv2d(given, width, 1, stride=stride, bias=False)
            self.around = nn.Sequential(around, nn.BatchNorm2d(width))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        inner = torch.relu(self.bn1(self.conv1(images)))
        return torch.relu(self.bn2(self.conv2(inner)) + self.around(images))


def _of_torchvision(name: str, stem: str) -> Any:
    try:
        torchvision: Any = importlib.import_module("torchvision")
    except ImportError as error:
        told = f"{name} of torchvision cannot be built: {error}; install torchvision"
        raise MissingTorchvisionError(told) from error
    base = torchvision.models.get_model(name, weights=None)
    if stem == "small":
        # Half the first step down in size, and no second: small pictures would vanish.
        base.conv1 = nn.Conv2d(3, 64, 3, stride=2, padding=1, bias=False)
        base.maxpool = nn.Identity()
    return base
