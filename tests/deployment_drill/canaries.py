"""Bad models, each in a canary on an endpoint of its own, under load of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from tests.deployment_drill.answers import Answer, Met, between, met
from tests.deployment_drill.drill import Drill
from tests.deployment_drill.executions import Ended
from tests.deployment_drill.load_process import load_on
from tests.deployment_drill.workloads import CANARIES

RATE = 12.0
BEFORE = 60
"""Requests to the old model before the new one comes."""
AFTER_SECONDS = 5.0


@dataclass(frozen=True)
class Outcome:
    """What became of one bad model.

    Attributes:
        model: its version.
        before, after: what served before it came and when its deployment was over.
        answers: to the requests from its approval on.
    """

    behaviour: str
    model: str
    before: str
    after: str
    ended: Ended
    answers: Sequence[Answer]

    @property
    def rolled_back(self) -> bool:
        return self.ended.status == "FAILED" and self.after == self.before

    @property
    def met(self) -> Met:
        return met(self.answers, self.model)

    @property
    def exposed_seconds(self) -> float:
        """From the first request that met it to the last."""
        due = [one.due for one in self.answers if one.model == self.model]
        return due[-1] - due[0] if due else 0.0

    @property
    def own_failures(self) -> list[Answer]:
        return [one for one in self.answers if one.failure and one.model == self.model]

    @property
    def other_failures(self) -> list[Answer]:
        return [one for one in self.answers if one.failure and one.model != self.model]


@contextmanager
def tried_canaries(drill: Drill) -> Iterator[dict[str, Future[Outcome]]]:
    """By what is wrong with it, what becomes of each bad model. They are tried side by side and
    beside other drills: most of their time is waiting."""
    with ThreadPoolExecutor(len(CANARIES)) as pool:
        yield {behaviour: pool.submit(_try, drill, behaviour) for behaviour in CANARIES}


def _try(drill: Drill, behaviour: str) -> Outcome:
    workload = drill.workload(CANARIES[behaviour])
    workload.ensure_live()
    before = workload.served()
    with load_on(drill.cloud, workload.endpoint, rate=RATE, folder=drill.folder / "load") as load:
        load.await_requests(BEFORE)
        began = time.time()
        package, ended = workload.deploy(behaviour)
        after = workload.served()
        time.sleep(AFTER_SECONDS)
    answers = between(load.answers(), began, float("inf"))
    return Outcome(behaviour, package.version, before, after, ended, answers)
