"""What the endpoint's container calls; travels in the model's archive as code/inference.py.

A request is one picture (application/x-image). https://github.com/aws/sagemaker-pytorch-inference-toolkit
names the four functions.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from my_workload import network
from shared.serving import tables

FACTS = json.loads(Path(__file__).with_name("model.json").read_text(encoding="utf-8"))
IMAGE = "application/x-image"


def model_fn(model_dir: str) -> network.Network:
    """Load the model, once."""
    return network.load(Path(model_dir), classes=len(FACTS["classes"]))


def input_fn(body: Any, content_type: str) -> bytes:
    """The picture of a request."""
    if content_type.partition(";")[0].strip().lower() != IMAGE:
        raise ValueError(f"{content_type!r} is not read; send {IMAGE}")
    return bytes(body)


def predict_fn(encoded: bytes, model: network.Network) -> list[list[float]]:
    """Probabilities by picture and class."""
    answered: list[list[float]] = network.probabilities(
        model, [encoded], FACTS["image_size"]
    ).tolist()
    return answered


def output_fn(answered: list[list[float]], accept: str) -> tuple[str, str]:
    """Body and content type of the answer."""
    return tables.answer(answered, accept, FACTS["classes"])
