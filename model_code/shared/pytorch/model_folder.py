"""Writes a trained network into a model's folder.

    weights.pt           its state_dict: tensors by name, loaded without running code
    code/                inference.py, what it imports, classes.json, model.json

`shared.pytorch.served_weights` reads it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from shared import serving_code
from shared.pytorch.served_weights import WEIGHTS

_SERVED = ("__init__.py", "handlers.py", "pictures.py", "served_weights.py")


def write(
    folder: Path,
    weights: Mapping[str, torch.Tensor],
    *,
    inference: Path,
    network: Path,
    classes: Sequence[str],
    image_shape: tuple[int, int, int],
    facts: Mapping[str, Any],
) -> None:
    """Write weights and serving code into `folder`.

    Args:
        inference: the workload's inference.py; of ours it may import `shared.serving`,
            `shared.pytorch.handlers` and `network`.
        network: the module that builds the network; it travels in its package's folder.
        facts: about network and training, for model.json.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plain = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    torch.save(plain, folder / WEIGHTS)
    described = {"image_shape": list(image_shape), **facts}
    code = serving_code.write(folder, inference=inference, classes=classes, facts=described)
    ours = code / "shared" / "pytorch"
    ours.mkdir(exist_ok=True)
    for name in _SERVED:
        shutil.copyfile(Path(__file__).with_name(name), ours / name)
    package = code / network.parent.name
    package.mkdir(exist_ok=True)
    for source in (network.with_name("__init__.py"), network):
        shutil.copyfile(source, package / source.name)
