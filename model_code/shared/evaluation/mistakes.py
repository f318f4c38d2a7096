"""The pictures that the model was surest of, and wrong: what people should look at first."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from contracts.evaluation_report import Mistake

Array = np.ndarray[Any, Any]


class WorstMistakes:
    """Keeps the most confident mistakes of a test, and their pictures; no more than `most`."""

    def __init__(self, classes: Sequence[str], most: int = 24) -> None:
        self._classes = classes
        self._most = most
        self._order = itertools.count()
        self._heap: list[tuple[float, int, Mistake, bytes]] = []

    def see(
        self, labels: Array, probabilities: Array, keys: Sequence[bytes], encoded: Sequence[bytes]
    ) -> None:
        """One batch: labels int [n], probabilities [n, classes], keys UTF-8, pictures encoded."""
        predicted = probabilities.argmax(axis=1)
        for row in np.flatnonzero(predicted != labels):
            confidence = float(probabilities[row, predicted[row]])
            mistake = Mistake(
                key=keys[row].decode(),
                label=self._classes[int(labels[row])],
                predicted=self._classes[int(predicted[row])],
                confidence=confidence,
            )
            # The count keeps pictures of the same confidence from being compared.
            heapq.heappush(self._heap, (confidence, -next(self._order), mistake, encoded[row]))
            if len(self._heap) > self._most:
                heapq.heappop(self._heap)

    def worst_first(self) -> list[tuple[Mistake, bytes]]:
        """Each mistake with its picture (PNG or JPEG)."""
        return [(mistake, picture) for _, _, mistake, picture in sorted(self._heap)[::-1]]
