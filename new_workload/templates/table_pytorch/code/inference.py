"""What the endpoint's container calls; travels in the model's archive as code/inference.py.

https://github.com/aws/sagemaker-pytorch-inference-toolkit names the four functions.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from my_workload import network
from shared.serving import tables

FACTS = json.loads(Path(__file__).with_name("model.json").read_text(encoding="utf-8"))


def model_fn(model_dir: str) -> network.Network:
    """Load the model, once."""
    sizes = {name: len(FACTS[name]) for name in ("features", "classes")}
    return network.load(Path(model_dir), **sizes)


def input_fn(body: Any, content_type: str) -> list[list[float]]:
    """The rows of a request."""
    content = body.encode() if isinstance(body, str) else bytes(body)
    return tables.rows_of(content, content_type, FACTS["features"])


def predict_fn(rows: list[list[float]], model: network.Network) -> list[list[float]]:
    """Probabilities by row and class."""
    answered: list[list[float]] = network.probabilities(model, rows).tolist()
    return answered


def output_fn(answered: list[list[float]], accept: str) -> tuple[str, str]:
    """Body and content type of the answer."""
    return tables.answer(answered, accept, FACTS["classes"])
