"""The SavedModels of a model folder, loaded by TensorFlow, with their signatures."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

logger = logging.getLogger("tensorflow_serving")
DEFAULT_SIGNATURE = "serving_default"


class NoModelError(Exception):
    """The folder has no SavedModel that TensorFlow can load."""


class UnknownSignatureError(Exception):
    """The model has no signature of that name."""


@dataclass(frozen=True)
class Signature:
    """One of a model's functions; inputs by name."""

    name: str
    inputs: Mapping[str, Any]
    function: Any

    def run(self, tensors: Mapping[str, Any]) -> dict[str, Any]:
        """Outputs by name. Raises tf.errors.OpError or ValueError for what does not fit."""
        outputs: dict[str, Any] = self.function(**tensors)
        return {name: value.numpy() for name, value in outputs.items()}


class Version:
    """One loaded SavedModel."""

    def __init__(self, path: Path) -> None:
        try:
            # Kept: a signature alone does not keep the variables alive.
            self._loaded = tf.saved_model.load(str(path))
        except (OSError, ValueError, tf.errors.OpError) as error:
            raise NoModelError(f"TensorFlow cannot load {path}: {error}") from error
        self.signatures = {
            name: Signature(name, dict(function.structured_input_signature[1]), function)
            for name, function in self._loaded.signatures.items()
        }

    def signature(self, name: str) -> Signature:
        """Raises UnknownSignatureError in TensorFlow Serving's words."""
        if name not in self.signatures:
            raise UnknownSignatureError(
                f'Serving signature name: "{name}" not found in signature def'
            )
        return self.signatures[name]


Versions = dict[int, Version]


def load(folder: Path) -> dict[str, Versions]:
    """Each model by its folder's name, its versions by number, newest last.

    A version is a folder with a number for its name and a saved_model.pb. Raises NoModelError.
    """
    paths = sorted(_versions(folder), key=lambda path: (str(path.parent), int(path.name)))
    if not paths:
        there = ", ".join(sorted(one.name for one in _entries(folder))) or "nothing"
        raise NoModelError(
            "no SavedModel bundles found! The model must hold <version>/saved_model.pb, version "
            f"being a number; it holds: {there}"
        )
    models: dict[str, Versions] = {}
    for path in paths:
        logger.info("loading %s", path)
        models.setdefault(path.parent.name, {})[int(path.name)] = Version(path)
    return models


def _versions(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("saved_model.pb"):
        if file.parent.name.isdigit():
            yield file.parent


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
