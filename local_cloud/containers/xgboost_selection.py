"""SAGEMAKER_INFERENCE_OUTPUT: which of a prediction's parts the built-in XGBoost answers.

Source: "Inference output" of the developer guide's XGBoost pages, and
``algorithm_mode/serve_utils.py`` of https://github.com/aws/sagemaker-xgboost-container. A part
that the objective has not is NaN.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

REGRESSION = ("reg:squarederror", "reg:logistic", "reg:gamma", "reg:tweedie")
_BINARY = ("binary:logistic", "binary:logitraw", "binary:hinge")
OBJECTIVES = (*REGRESSION, *_BINARY, "multi:softmax", "multi:softprob")
_MISSING = float("nan")


class SelectionError(Exception):
    """The model's objective has no selectable output."""


def select(
    predictions: Any, keys: Sequence[str], *, objective: str, classes: int
) -> list[dict[str, Any]]:
    """One dict a row, with exactly these keys. Raises SelectionError."""
    if objective not in OBJECTIVES:
        raise SelectionError(
            f"Objective `{objective}` unsupported for selectable inference predictions."
        )
    parts: Mapping[str, Callable[[Any], Any]] = {
        "predicted_label": lambda raw: _label(objective, raw),
        "labels": lambda _raw: list(range(classes)),
        "probability": lambda raw: float(np.max(raw)),
        "probabilities": _scores,
        "raw_score": lambda raw: float(np.max(raw)),
        "raw_scores": _scores,
        "predicted_score": float,
    }
    valid = _valid_keys(objective)
    return [
        {key: parts[key](raw) if key in valid else _MISSING for key in keys} for raw in predictions
    ]


def _valid_keys(objective: str) -> tuple[str, ...]:
    if objective in REGRESSION:
        return ("predicted_score",)
    scores = ("predicted_label", "labels", "raw_score", "raw_scores")
    if objective in ("binary:logistic", "multi:softprob"):
        return (*scores, "probability", "probabilities")
    return scores


def _label(objective: str, raw: Any) -> float:
    if objective == "multi:softprob":
        return int(np.argmax(raw))
    if objective == "binary:logistic":
        return int(raw > 0.5)
    if objective == "binary:logitraw":
        return int(raw > 0)
    return float(raw)


def _scores(raw: Any) -> list[float]:
    if np.ndim(raw):
        return [float(value) for value in raw]
    return [1.0 - float(raw), float(raw)]


def encode_csv(selected: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> str:
    """A line a row, its parts in the order of the keys; lists in quotes."""
    return "\n".join(
        ",".join(f'"{row[key]}"' if isinstance(row[key], list) else str(row[key]) for key in keys)
        for row in selected
    )


def encode_json(rows: Sequence[Mapping[str, Any]], *, lines: bool) -> str:
    """``{"predictions": [...]}``, or an object a line."""
    if lines:
        return "".join(json.dumps(row) + "\n" for row in rows)
    return json.dumps({"predictions": list(rows)})
