"""Asks a trained model of this workload, for the evaluation: see `shared.evaluation`."""

from __future__ import annotations

from pathlib import Path

from my_workload import model


def load(model_dir: Path, classes: tuple[str, ...]) -> model.Model:
    """The model in a folder, unpacked; it names its own classes."""
    del classes
    return model.load(model_dir)
