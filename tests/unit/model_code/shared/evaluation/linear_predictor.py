"""A small model with the form that the evaluation asks for: softmax of a linear map, in JSON."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

MODULE = __name__
Array = np.ndarray[Any, Any]


class LinearPredictor:
    def __init__(self, document: dict[str, Any]) -> None:
        self.classes = tuple(document["classes"])
        self.learning_curve = document.get("learning_curve", [])
        self.hyperparameters = document.get("hyperparameters", {})
        self._weights = np.array(document["weights"], np.float64)

    def predict(self, inputs: Any) -> Array:
        """Tables: [n, features]. In place of pictures: bytes of a JSON list of features."""
        rows = [json.loads(item) if isinstance(item, bytes) else item for item in inputs]
        scores = np.nan_to_num(np.array(rows, np.float64)) @ self._weights
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        answer: Array = powers / powers.sum(axis=1, keepdims=True)
        return answer


def load(model_dir: Path, classes: tuple[str, ...]) -> LinearPredictor:
    return LinearPredictor(json.loads((model_dir / "model.json").read_text(encoding="utf-8")))


def write(folder: Path, *, classes: Sequence[str], weights: Any, **more: Any) -> Path:
    """model.tar.gz in `folder`; `weights` [features, classes]."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {"classes": list(classes), "weights": np.asarray(weights).tolist(), **more}
    (folder / "model.json").write_text(json.dumps(document), encoding="utf-8")
    with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
        tar.add(folder / "model.json", arcname="model.json")
    (folder / "model.json").unlink()
    return folder
