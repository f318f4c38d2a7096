"""Reads a trained network from a model's folder; travels with it.

    weights.pt           its state_dict: tensors by name
    code/model.json      facts, from which its network is built again

Loading runs no code from the file (``weights_only``), and the release of PyTorch that serves need
not be the one that trained.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import nn

WEIGHTS = "weights.pt"
_FACTS = Path("code", "model.json")


class DamagedModelError(ValueError):
    """A folder that holds no such model; the text says why."""


def facts(model_dir: Path) -> dict[str, Any]:
    """What training wrote about the model. Raises DamagedModelError."""
    path = model_dir / _FACTS
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DamagedModelError(f"{path}: {error}") from error
    return found


def load(model_dir: Path, build: Callable[[Mapping[str, Any]], nn.Module]) -> nn.Module:
    """The trained network, ready to answer, on a GPU where there is one.

    Args:
        build: makes it, with whatever weights, from the facts of its folder.

    Raises:
        DamagedModelError: weights or facts are missing, or do not fit.
    """
    described = facts(model_dir)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        weights = torch.load(model_dir / WEIGHTS, map_location="cpu", weights_only=True)
        model = build(described)
        model.load_state_dict(weights)
    except (OSError, RuntimeError, EOFError, KeyError, UnpicklingError) as error:
        raise DamagedModelError(f"{model_dir / WEIGHTS}: {error}") from error
    return model.eval().to(device)
