"""Learning curves of models that keep no history, and can answer as they would have before."""

from __future__ import annotations

from typing import Any

import numpy as np

from shared.evaluation.held_out import HeldOut
from shared.evaluation.models import Asked

Array = np.ndarray[Any, Any]

_MOST_ROUNDS = 100
_LEAST_PROBABILITY = 1e-15


def of(data: HeldOut, asked: Asked) -> tuple[dict[str, float], ...]:
    """Log loss and accuracy after each boosting round, on the first batch of the test rows.

    Of many rounds some hundred are taken, evenly, and always the last. Empty where the
    predictor has no ``staged(inputs)`` that yields rounds and probabilities.
    """
    batch = next(iter(data.read()), None)
    if asked.staged is None or batch is None or asked.columns != data.classes:
        return ()
    every = max(1, -(-(asked.rounds or 1) // _MOST_ROUNDS))
    rows = np.arange(len(batch.labels))
    figures = []
    for number, probabilities in asked.staged(batch.inputs):
        if number % every and number != asked.rounds:
            continue
        given = np.clip(probabilities[rows, batch.labels], _LEAST_PROBABILITY, 1.0)
        right = probabilities.argmax(axis=1) == batch.labels
        figures.append(
            {
                "round": float(number),
                "test_log_loss": float(-np.log(given).mean()),
                "test_accuracy": float(right.mean()),
            }
        )
    return tuple(figures)
