"""A split is ended for the model whose answers turned out to be better, once that is certain."""

from __future__ import annotations

from typing import Any

import pytest
from scipy import integrate, stats

from lambdas.deployment.winner import DRAWS, Tally, Verdict, judge


def verdict(old: Tally, new: Tally, *, min_outcomes: int = 100) -> Verdict:
    return judge(old=old, new=new, confidence=0.95, min_outcomes=min_outcomes)


def exact_probability(old: Tally, new: Tally) -> float:
    """That the new rate is the higher one, by numeric integration."""
    beta: Any = vars(stats)["beta"]  # made at run time, unknown to the type checks
    rate_new, rate_old = beta(1 + new.good, 1 + new.bad), beta(1 + old.good, 1 + old.bad)
    value, _ = integrate.quad(lambda x: rate_new.pdf(x) * rate_old.cdf(x), 0, 1, points=[0.8, 0.9])
    return float(value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Tally(80, 20), Tally(85, 15)),
        (Tally(800, 200), Tally(830, 170)),
        (Tally(85, 15), Tally(80, 20)),
    ],
)
def test_the_probability_is_that_of_the_two_distributions(old: Tally, new: Tally) -> None:
    error = 4 * (0.25 / DRAWS) ** 0.5
    assert verdict(old, new).probability == pytest.approx(exact_probability(old, new), abs=error)


def test_a_new_model_that_is_clearly_better_wins() -> None:
    assert verdict(Tally(700, 300), Tally(900, 100)).winner == "new"


def test_a_new_model_that_is_clearly_worse_loses() -> None:
    found = verdict(Tally(900, 100), Tally(700, 300))
    assert found.winner == "old"
    assert "900 of 1000 good (90.0%)" in found.detail


def test_nobody_wins_as_long_as_the_models_may_be_alike() -> None:
    assert verdict(Tally(810, 190), Tally(815, 185)).winner == ""


def test_nobody_wins_before_enough_outcomes_of_both_are_known() -> None:
    found = verdict(Tally(0, 5000), Tally(99, 0))
    assert found.winner == ""
    assert "100 outcomes of each" in found.detail


def test_the_same_outcomes_give_the_same_verdict() -> None:
    pair = Tally(80, 20), Tally(85, 15)
    assert verdict(*pair) == verdict(*pair)


def test_a_lucky_beginning_is_not_believed_where_more_outcomes_are_asked_for() -> None:
    old, new = Tally(75, 25), Tally(88, 12)
    assert verdict(old, new).winner == "new"
    assert verdict(old, new, min_outcomes=200).winner == ""
