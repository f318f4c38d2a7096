"""Four bad models, each in a canary: each is taken back, and few requests met it before."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from tests.deployment_drill.answers import failures
from tests.deployment_drill.canaries import Outcome
from tests.deployment_drill.figures import Figures
from tests.deployment_drill.workloads import CANARIES, CANARY_SHARE

pytestmark = pytest.mark.deployment_drill

DRILL = "bad canaries"


def test_a_bad_model_is_taken_back_from_its_canary(
    canaries: dict[str, Future[Outcome]], figures: Figures
) -> None:
    outcomes = [canaries[behaviour].result() for behaviour in CANARIES]
    stayed = [f"{one.behaviour} ({one.after})" for one in outcomes if not one.rolled_back]
    back = len(outcomes) - len(stayed)
    figures.hold(
        DRILL,
        "rolled back",
        f"{back} of {len(outcomes)}{', not ' + ', '.join(stayed) if stayed else ''}",
        f"{len(CANARIES)} of {len(CANARIES)}",
        holds=not stayed,
    )
    for outcome in outcomes:
        _tell(figures, outcome)
    figures.check(DRILL)


def _tell(figures: Figures, outcome: Outcome) -> None:
    name, found = outcome.behaviour, outcome.met
    figures.tell(DRILL, f"{name}: approval to rolled back", f"{outcome.ended.seconds:.0f} s")
    wanted = CANARY_SHARE + found.allowance(CANARY_SHARE)
    figures.hold(
        DRILL,
        f"{name}: met it, from the first that did to the last",
        f"{found.requests} of {found.of} in {outcome.exposed_seconds:.1f} s ({found.share:.1%})",
        f"{CANARY_SHARE:.0%}, by chance {wanted:.1%} at most (3 sigma)",
        holds=found.share <= wanted,
    )
    everything = len(outcome.answers)
    number = sum(one.model == outcome.model for one in outcome.answers)
    of_all = number / everything
    figures.hold(
        DRILL,
        f"{name}: met it, of the whole deployment",
        f"{number} of {everything} ({of_all:.1%})",
        f"{CANARY_SHARE:.0%} at most",
        holds=of_all <= CANARY_SHARE,
    )
    figures.tell(DRILL, f"{name}: failed by it", len(outcome.own_failures))
    others = failures(outcome.other_failures)
    told = ", ".join(f"{count} x {kind}" for kind, count in others.items()) or "0"
    figures.hold(DRILL, f"{name}: failed otherwise", told, "0", holds=not others)
