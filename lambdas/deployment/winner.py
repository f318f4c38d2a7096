"""Which model of a split is the better one, judged by what became of its answers.

Beta-Bernoulli bandit: an answer turns out good or not; with a uniform prior, what is known of a
model's rate of good answers is Beta(1 + good, 1 + not good). The probability that the new model's
rate is the higher one is estimated by Thompson sampling, drawing from both (Russo et al., "A
Tutorial on Thompson Sampling", 2018, section 3; `random.betavariate` of Python's standard
library). The stopping rule is Stucchio's ("Bayesian A/B Testing at VWO", 2015): the split may be
looked at as often as one likes, and ends when the loss to be expected from a wrong choice is
smaller than what one cares about. Both the probability and the loss have to agree.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from contracts.traffic_split import NEW, OLD

DRAWS = 20_000
"""Leaves the probability's standard error below 0.004."""
CARED_LOSS = 0.002
"""Of the rate of good answers: a choice that is wrong by less than that is taken for right."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many answers of a model turned out good, and how many did not."""

    good: int
    bad: int

    @property
    def total(self) -> int:
        """Answers whose outcome is known."""
        return self.good + self.bad

    def __str__(self) -> str:
        rate = f" ({self.good / self.total:.1%})" if self.total else ""
        return f"{self.good} of {self.total} good{rate}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Attributes:
    winner: `new`, `old`, or empty as long as nobody can tell.
    probability: that the new model's answers are the better ones, 0 to 1.
    detail: why, for people.
    """

    winner: str
    probability: float
    detail: str


def judge(
    *, old: Tally, new: Tally, confidence: float, min_outcomes: int, seed: int = 0
) -> Verdict:
    """The same outcomes always give the same verdict.

    Args:
        confidence: that the winner has to reach, above 0.5 and below 1.
        min_outcomes: of each model, before anybody is a winner.
        seed: of the draws.
    """
    found = f"old model {old}, new model {new}"
    if min(old.total, new.total) < min_outcomes:
        return Verdict(
            winner="",
            probability=0.5,
            detail=f"{found}: {min_outcomes} outcomes of each are needed before one can win",
        )
    probability, loss_of_new, loss_of_old = _compare(old, new, seed)
    seen = f"{found}: the new model is better with probability {probability:.3f}"
    for winner, certainty, loss in (
        (NEW, probability, loss_of_new),
        (OLD, 1 - probability, loss_of_old),
    ):
        if certainty >= confidence and loss <= CARED_LOSS:
            return Verdict(
                winner=winner,
                probability=probability,
                detail=f"{seen}, so that the {winner} model wins (asked for is {confidence:g})",
            )
    return Verdict(
        winner="", probability=probability, detail=f"{seen}, asked for is {confidence:g}"
    )


def _compare(old: Tally, new: Tally, seed: int) -> tuple[float, float, float]:
    """Probability that new is better, and what choosing new, or old, may be expected to lose."""
    draw = random.Random(seed)  # noqa: S311 - statistics, no secrets
    better = 0
    loss_of_new = loss_of_old = 0.0
    for _ in range(DRAWS):
        gain = draw.betavariate(1 + new.good, 1 + new.bad) - draw.betavariate(
            1 + old.good, 1 + old.bad
        )
        better += gain > 0
        loss_of_new += max(0.0, -gain)
        loss_of_old += max(0.0, gain)
    return better / DRAWS, loss_of_new / DRAWS, loss_of_old / DRAWS
