"""Five models one after the other, while requests come at a steady rate: none of them fails."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from tests.deployment_drill.answers import Answer, between, failures, percentile
from tests.deployment_drill.drill import Drill
from tests.deployment_drill.figures import Figures
from tests.deployment_drill.load_process import load_on
from tests.deployment_drill.workloads import UPDATED

pytestmark = pytest.mark.deployment_drill

DRILL = "updates under load"
UPDATES = 5
REQUESTS = 2_000
AT_REST = 600
"""Requests before the first update, by whose latency the others are judged."""
RATE = 30.0


def test_no_request_fails_while_five_models_take_turns(drill: Drill, figures: Figures) -> None:
    workload = drill.workload(UPDATED)
    workload.ensure_live()
    first = workload.served().removeprefix("version ")
    updates = []
    with load_on(drill.cloud, workload.endpoint, rate=RATE, folder=drill.folder / "load") as load:
        load.await_requests(AT_REST)
        for _ in range(UPDATES):
            began = time.time()
            package, ended = workload.deploy()
            assert ended.status == "SUCCEEDED", ended
            updates.append((package.version, began, time.time()))
        load.await_requests(REQUESTS)
    answers = load.answers()
    rest = between(answers, 0.0, updates[0][1])
    during = [one for _, began, over in updates for one in between(answers, began, over)]

    figures.hold(
        DRILL,
        "updates that went live",
        f"{len(updates)}",
        f"{UPDATES}",
        holds=len(updates) == UPDATES,
    )
    figures.hold(
        DRILL, "requests", len(answers), f"{REQUESTS} or more", holds=len(answers) >= REQUESTS
    )
    failed = failures(answers)
    told = ", ".join(f"{count} x {name}" for name, count in failed.items()) or "0"
    figures.hold(DRILL, "failed requests", told, "0", holds=not failed)
    versions = [first, *(version for version, _, _ in updates)]
    figures.hold(
        DRILL,
        "models that answered, in turn",
        _in_turn(answers),
        ", ".join(versions),
        holds=_in_turn(answers) == ", ".join(versions),
    )
    _tell_latency(figures, rest, during)
    figures.check(DRILL)


def _in_turn(answers: Sequence[Answer]) -> str:
    """The models in the order of their first answers."""
    return ", ".join(dict.fromkeys(one.model for one in answers))


def _tell_latency(figures: Figures, rest: Sequence[Answer], during: Sequence[Answer]) -> None:
    for share in (0.5, 0.99):
        at_rest, updating = percentile(rest, share), percentile(during, share)
        name = f"p{share * 100:g}"
        figures.tell(DRILL, f"{name} at rest ({len(rest)} requests)", f"{at_rest * 1e3:.0f} ms")
        figures.tell(DRILL, f"{name} during updates ({len(during)})", f"{updating * 1e3:.0f} ms")
        figures.tell(DRILL, f"{name} during updates / at rest", f"{updating / at_rest:.2f}")
