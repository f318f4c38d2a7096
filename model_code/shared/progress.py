"""How far a training has come, and which of its epochs was the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a training has come.

    Attributes:
        epoch: epochs done.
        best_epoch: the epoch, from 1, whose weights are exported; 0 before the first.
        best_accuracy: its accuracy on the validation data, in [0, 1].
        best_loss: its loss there.
        history: an entry an epoch: loss, accuracy, val_loss, val_accuracy.
    """

    epoch: int = 0
    best_epoch: int = 0
    best_accuracy: float = 0.0
    best_loss: float = float("inf")
    history: Sequence[Mapping[str, float]] = ()

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Progress:
        """From what `dataclasses.asdict` made. Raises TypeError or KeyError where it is not."""
        return cls(**{**stored, "history": tuple(stored["history"])})

    def after(self, figures: Mapping[str, float]) -> Progress:
        """One epoch more. The higher accuracy is better; of the same, the lower loss."""
        epoch, history = self.epoch + 1, (*self.history, dict(figures))
        accuracy, loss = figures["val_accuracy"], figures["val_loss"]
        if self.best_epoch and (accuracy, -loss) <= (self.best_accuracy, -self.best_loss):
            return replace(self, epoch=epoch, history=history)
        return Progress(
            epoch=epoch,
            best_epoch=epoch,
            best_accuracy=accuracy,
            best_loss=loss,
            history=history,
        )
