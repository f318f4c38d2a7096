"""A split of an endpoint's requests between the model that served and a new one.

Operators change a split through the deployment's state machine, with the inputs

    {"action": "shift", "share": 0.5}
    {"action": "end", "winner": "new"}
    {"action": "judge"}

`share` is the part of the requests, 0 to 1, that the new model gets. Schedules ask to judge a
split: it is shifted or ended as the settings and the recorded outcomes say (contracts.outcomes).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ACTION = "action"
JUDGE = "judge"
OLD_VARIANT = "AllTraffic"
"""Variant of the model that served before, and of a model that serves alone: what watches the
endpoint finds it under this name at all times."""
NEW_VARIANT = "Challenger"
"""Variant of the model that a split was begun for."""
SHADOW_VARIANT = "Shadow"
"""Variant of a model that gets a copy of the requests, and whose answers nobody gets."""

OLD = "old"
NEW = "new"
WINNERS = (NEW, OLD)

_DIGITS = 6
_TOLERANCE = 0.001


class SplitRequestError(ValueError):
    """What is asked of a split is not of the form above."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Let the new model have `share` of the requests, 0 to 1."""

    share: float

    def __post_init__(self) -> None:
        number = isinstance(self.share, int | float) and not isinstance(self.share, bool)
        if not number or not math.isfinite(self.share) or not 0 <= self.share <= 1:
            raise SplitRequestError(
                f"share: {self.share!r} is no share of the requests; allowed is a number from 0 "
                "(all to the old model) to 1 (all to the new one)"
            )

    def as_input(self) -> dict[str, Any]:
        """Input of the state machine's execution."""
        return {ACTION: "shift", "share": self.share}


@dataclass(frozen=True, slots=True)
class End:
    """Let `winner`, `new` or `old`, serve alone."""

    winner: str

    def __post_init__(self) -> None:
        if self.winner not in WINNERS:
            raise SplitRequestError(
                f"winner: {self.winner!r} is no model of a split; allowed are "
                f"{' and '.join(WINNERS)}"
            )

    def as_input(self) -> dict[str, Any]:
        """Input of the state machine's execution."""
        return {ACTION: "end", "winner": self.winner}


def parse(document: Mapping[str, Any]) -> Shift | End:
    """Read an execution's input. Raises SplitRequestError."""
    action = document.get(ACTION)
    if action == "shift":
        return Shift(document.get("share"))  # type: ignore[arg-type]  # it refuses what is no number
    if action == "end":
        return End(document.get("winner"))  # type: ignore[arg-type]  # it refuses what is no winner
    raise SplitRequestError(
        f"action: {action!r} is unknown; allowed are shift, end, judge, roll_back, pause and resume"
    )


def weights_for(share: float) -> dict[str, float]:
    """Weights of the variants with which the new model gets `share` of the requests."""
    return {OLD_VARIANT: round(1 - share, _DIGITS), NEW_VARIANT: round(share, _DIGITS)}


def share_of_new(weights: Mapping[str, float]) -> float:
    """The part of the requests that the new model gets with these weights of variants, 0 to 1."""
    return weights.get(NEW_VARIANT, 0.0) / (sum(weights.values()) or 1.0)


def same_share(one: float, other: float) -> bool:
    """Whether two shares are the same. SageMaker keeps weights in 32 bits, so nearly is."""
    return abs(one - other) < _TOLERANCE


def percent(share: float) -> str:
    """A share for people: `10 %`."""
    return f"{round(100 * share, 2):g} %"
