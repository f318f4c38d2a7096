"""A model without a history shows how it would have answered after each of its rounds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.evaluation import staged_curve
from shared.evaluation.held_out import Batch, HeldOut
from shared.evaluation.models import Asked

LABELS = np.array([0, 1, 1, 0])
DATA = HeldOut(
    classes=("no", "yes"),
    folder=Path("test"),
    read=lambda: iter([Batch(LABELS, np.zeros((4, 1)), ["a", "b", "c", "d"])]),
    features=1,
)


class Boosted:
    """Surer of the right class with each round."""

    classes = ("no", "yes")

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds

    def predict(self, inputs: Any) -> Any:
        return self._after(self.rounds)

    def staged(self, inputs: Any) -> Iterator[tuple[int, Any]]:
        for number in range(1, self.rounds + 1):
            yield number, self._after(number)

    def _after(self, number: int) -> Any:
        sure = 0.4 + 0.5 * number / self.rounds
        return np.where(np.arange(2) == LABELS[:, None], sure, 1 - sure)


class Plain:
    """Tells nothing of its training."""

    classes = ("no", "yes")

    def predict(self, inputs: Any) -> Any:
        return np.full((len(inputs), 2), 0.5)


def test_log_loss_and_accuracy_come_for_each_round() -> None:
    figures = staged_curve.of(DATA, Asked(Boosted(5), DATA.classes, 1))
    assert [each["round"] for each in figures] == [1, 2, 3, 4, 5]
    assert figures[0]["test_log_loss"] == pytest.approx(-np.log(0.5))
    assert figures[-1]["test_log_loss"] == pytest.approx(-np.log(0.9))
    assert figures[-1]["test_accuracy"] == 1.0


def test_of_many_rounds_some_are_taken_and_always_the_last() -> None:
    figures = staged_curve.of(DATA, Asked(Boosted(1001), DATA.classes, 1))
    assert len(figures) <= 102
    assert figures[-1]["round"] == 1001


def test_a_model_that_cannot_tell_has_no_curve() -> None:
    assert staged_curve.of(DATA, Asked(Plain(), DATA.classes, 1)) == ()
