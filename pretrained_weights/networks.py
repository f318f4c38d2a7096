"""The networks whose ImageNet weights the workloads can start from, and where they come from."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

Fetch = Callable[[Path], Path]
"""Puts a file of weights into a folder, and answers it. Raises FetchError."""

ALPHAS = ("0.35", "0.5", "0.75", "1.0", "1.3", "1.4")
RESNETS = ("resnet18", "resnet34", "resnet50")


class FetchError(Exception):
    """Why there are no weights; the text says what to do."""


def mobilenet_v2(alpha: str, folder: Path) -> Path:
    """MobileNetV2 without its top, as keras.applications has it: HDF5."""
    try:
        import keras
    except ImportError as error:
        raise FetchError(f"{error}; run this where TensorFlow is installed") from error
    try:
        model = keras.applications.MobileNetV2(
            input_shape=(224, 224, 3), alpha=float(alpha), include_top=False, weights="imagenet"
        )
    except Exception as error:  # Keras passes on what each layer below it raises
        raise FetchError(
            f"keras.applications cannot fetch MobileNetV2: {error}; run this on a machine that "
            "reaches storage.googleapis.com"
        ) from error
    file = folder / f"mobilenet_v2_{alpha}_224_no_top.weights.h5"
    model.save_weights(str(file))
    return file


def resnet(name: str, folder: Path) -> Path:
    """A ResNet as torchvision has it: a state_dict, which loads with weights_only."""
    try:
        torch, torchvision = map(importlib.import_module, ("torch", "torchvision"))
    except ImportError as error:
        raise FetchError(f"{error}; run this where torch and torchvision are installed") from error
    try:
        model = torchvision.models.get_model(name, weights="IMAGENET1K_V1")
    except Exception as error:  # urllib's, ssl's and torch's own
        raise FetchError(
            f"torchvision cannot fetch {name}: {error}; run this on a machine that reaches "
            "download.pytorch.org"
        ) from error
    file = folder / f"{name}.pth"
    torch.save(model.state_dict(), file)
    return file


NETWORKS: dict[str, Fetch] = {
    **{f"mobilenet-v2-{alpha}": partial(mobilenet_v2, alpha) for alpha in ALPHAS},
    **{name: partial(resnet, name) for name in RESNETS},
}
"""By the name that the command takes."""
