"""Asks a trained model of this workload, for the evaluation: see `shared.evaluation`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from my_workload import network
from shared import serving_code


class Predictor:
    """A trained model, which knows its own `classes`."""

    def __init__(self, trained: network.Network, facts: dict[str, Any]) -> None:
        self._trained = trained
        self._size: int = facts["image_size"]
        self.classes = tuple(facts["classes"])
        self.hyperparameters: dict[str, Any] = facts["hyperparameters"]
        self.learning_curve = [
            {"epoch": number, **figures} for number, figures in enumerate(facts["history"], start=1)
        ]

    def predict(self, inputs: Sequence[bytes]) -> Any:
        """Probabilities [n, classes] of n encoded pictures (PNG or JPEG)."""
        return network.probabilities(self._trained, inputs, self._size)


def load(model_dir: Path, classes: tuple[str, ...]) -> Predictor:
    """The model in a folder, unpacked; it names its own classes."""
    del classes
    path = model_dir / serving_code.FOLDER / serving_code.FACTS
    facts = json.loads(path.read_text(encoding="utf-8"))
    return Predictor(network.load(model_dir, classes=len(facts["classes"])), facts)
