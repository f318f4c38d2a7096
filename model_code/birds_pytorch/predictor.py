"""Asks a trained model of this workload, for the evaluation: see `shared.evaluation`."""

from __future__ import annotations

from pathlib import Path

from birds_pytorch import network
from shared.pytorch import predictor


def load(model_dir: Path, classes: tuple[str, ...]) -> predictor.Predictor:
    """The model in a folder, unpacked; it names its own classes. Raises RefusedError."""
    del classes
    return predictor.load(model_dir, network.build)
