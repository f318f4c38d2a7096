"""The rows that the model was surest of, and wrong: what people should look at first."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from contracts.evaluation_report import Mistake

Array = np.ndarray[Any, Any]


class WorstMistakes:
    """Keeps the most confident mistakes of a test, and their pictures; no more than `most`.

    Args:
        columns: names of the model's answers' columns; labels index into them as well.
    """

    def __init__(self, columns: Sequence[str], most: int = 24) -> None:
        self._columns = columns
        self._most = most
        self._order = itertools.count()
        self._heap: list[tuple[float, int, Mistake, bytes]] = []

    def see(
        self, labels: Array, probabilities: Array, keys: Sequence[str], inputs: Sequence[Any]
    ) -> None:
        """One batch: labels int [n], probabilities [n, columns]; inputs: bytes are pictures."""
        predicted = probabilities.argmax(axis=1)
        for row in np.flatnonzero(predicted != labels):
            confidence = float(probabilities[row, predicted[row]])
            mistake = Mistake(
                key=keys[row],
                label=self._columns[int(labels[row])],
                predicted=self._columns[int(predicted[row])],
                confidence=confidence,
            )
            picture = inputs[row] if isinstance(inputs[row], bytes) else b""
            # The count keeps pictures of the same confidence from being compared.
            heapq.heappush(self._heap, (confidence, -next(self._order), mistake, picture))
            if len(self._heap) > self._most:
                heapq.heappop(self._heap)

    def worst_first(self) -> list[tuple[Mistake, bytes]]:
        """Each mistake with its picture (PNG or JPEG; empty for a row of a table)."""
        return [(mistake, picture) for _, _, mistake, picture in sorted(self._heap)[::-1]]
