"""A trained picture model, asked as the endpoint asks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from shared.faults import RefusedError
from shared.pytorch import pictures, served_weights

_TOGETHER = 256


class Predictor:
    """A model that knows `classes`, which the data that it is asked about need not share."""

    def __init__(self, model: nn.Module, facts: Mapping[str, Any]) -> None:
        self._model = model
        rows, columns, _ = facts["image_shape"]
        self._edges: tuple[int, int] = (rows, columns)
        self.classes: tuple[str, ...] = tuple(facts["classes"])
        self.hyperparameters: dict[str, Any] = dict(facts.get("hyperparameters", {}))
        history = facts.get("training", {}).get("history", ())
        self.learning_curve: list[dict[str, Any]] = [
            {"epoch": number, **figures} for number, figures in enumerate(history, start=1)
        ]

    def predict(self, inputs: Sequence[bytes]) -> Any:
        """Probabilities [n, classes] of n encoded pictures (PNG or JPEG).

        Raises:
            RefusedError: one of them cannot be decoded.
        """
        answered = [np.zeros((0, len(self.classes)))]
        for first in range(0, len(inputs), _TOGETHER):
            try:
                images = pictures.of_encoded(inputs[first : first + _TOGETHER], self._edges)
            except (OSError, ValueError, SyntaxError) as error:
                raise RefusedError("data is damaged:", [str(error)]) from error
            answered.append(pictures.probabilities(self._model, images))
        return np.concatenate(answered)


def load(model_dir: Path, build: Callable[[Mapping[str, Any]], nn.Module]) -> Predictor:
    """The model in a folder, unpacked as SageMaker unpacks model.tar.gz.

    Args:
        build: makes its network from the facts of its folder.

    Raises:
        RefusedError: the folder holds no such model.
    """
    try:
        facts = served_weights.facts(model_dir)
        return Predictor(served_weights.load(model_dir, build), facts)
    except (served_weights.DamagedModelError, KeyError) as error:
        raise RefusedError("the model is damaged:", [str(error)]) from error
