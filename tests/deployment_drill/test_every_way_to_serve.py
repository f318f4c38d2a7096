"""Serverless, asynchronous, scaled, and paused outside hours: each through the state machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from contracts import names
from contracts.operator_requests import PAUSE, RESUME
from contracts.traffic_split import ACTION
from demo.cloud import Cloud
from tests.deployment_drill.answers import Answer
from tests.deployment_drill.async_requests import RIGHT, AsyncRequests
from tests.deployment_drill.drill import NO_ENDPOINT, Drill, DrilledWorkload
from tests.deployment_drill.executions import Ended
from tests.deployment_drill.figures import Figures
from tests.deployment_drill.leftovers import Leftovers
from tests.deployment_drill.load_process import load_on
from tests.deployment_drill.rows import ROWS
from tests.deployment_drill.scaled import Scaled
from tests.deployment_drill.workloads import OTHER_WAYS, QUEUED, SCALED, SERVERLESS

pytestmark = pytest.mark.deployment_drill

DRILL = "ways to serve"
ENVIRONMENT = "ways"
RATE = 5.0
QUEUED_RATE = 3.0
BEFORE = 20
"""Requests to the old model before the new one comes."""
ANSWER_SECONDS = 60.0
SCALE_OUT_SECONDS = 120.0
IDLE_SECONDS = 240.0
WAKE_SECONDS = 180.0
TRACKED = "1 to 2: rookery-invocations"
BACKLOG = "0 to 1: rookery-backlog, rookery-first-request"


@dataclass(frozen=True)
class Way:
    """A workload that is served in one way, and what was found of it.

    Attributes:
        figures: of this way alone; the ways are drilled side by side.
    """

    workload: DrilledWorkload
    figures: Figures = field(default_factory=Figures)

    @property
    def scaled(self) -> Scaled:
        return Scaled(self.workload.drill.cloud, self.workload.endpoint)

    def hold(self, what: str, value: object, wanted: str, *, holds: bool | None = None) -> None:
        """A figure that has to hold: that it is what is wanted, where nothing else is said."""
        holds = str(value) == wanted if holds is None else holds
        self.figures.hold(DRILL, f"{self.workload.name}: {what}", value, wanted, holds=holds)

    def goes_live(self, what: str) -> str:
        """Deploy a right model; its version."""
        package, ended = self.workload.deploy()
        self._ends(what, ended, "SUCCEEDED")
        self._serves(f"{what}: serves, and is the champion", package.version)
        return package.version

    def is_refused(self, version: str) -> None:
        """Deploy a wrong model where a version serves."""
        _, ended = self.workload.deploy("wrong")
        self._ends("a wrong model", ended, "FAILED")
        self._serves("a wrong model: what serves then, and is the champion", version)

    def asked(self) -> str:
        """The version that answers a request; empty where the answer is not right."""
        answer = self.workload.drill.cloud.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=self.workload.endpoint,
            ContentType="text/csv",
            Accept="text/csv",
            Body=ROWS[1],
        )
        probabilities = json.loads(answer["Body"].read())
        right = probabilities.index(max(probabilities)) == 1
        return str(answer["CustomAttributes"].removeprefix("model=")) if right else ""

    def is_asked(self, what: str, version: str) -> None:
        """A request is answered, and by this version."""
        self.hold(what, f"by version {self.asked()}", f"by version {version}")

    def loses_none(self, answers: list[Answer], versions: list[str]) -> None:
        """None of the requests of an update failed, and both models were met."""
        failed = sum(bool(one.failure) or not one.right for one in answers)
        self.hold(
            "an update: failed requests", f"{failed} of {len(answers)}", "0", holds=not failed
        )
        met = ", ".join(dict.fromkeys(one.model for one in answers))
        self.hold("an update: models that answered, in turn", met, ", ".join(versions))

    def asked_of(self, action: str) -> None:
        """Pause or resume, as the schedules of the hours do it."""
        machine = self.workload.machine
        self._ends(action, machine.await_end(machine.start({ACTION: action})), "SUCCEEDED")

    def champion(self) -> str:
        record = self.workload.champion()
        return "none" if record is None else f"version {record.champion.version}"

    def _ends(self, what: str, ended: Ended, status: str) -> None:
        told = f"{ended.status} in {ended.seconds:.0f} s"
        if ended.status != status:
            told += f" ({' '.join(ended.states)}) {ended.cause}"
        self.hold(what, told, status, holds=ended.status == status)

    def _serves(self, what: str, version: str) -> None:
        wanted = f"version {version}"
        self.hold(what, f"{self.workload.served()}, {self.champion()}", f"{wanted}, {wanted}")


def serverless(way: Way) -> None:
    workload = way.workload
    first = way.goes_live("a first model")
    way.is_asked("a request is answered", first)
    folder = workload.drill.folder / "load"
    with load_on(workload.drill.cloud, workload.endpoint, rate=RATE, folder=folder) as load:
        load.await_requests(BEFORE)
        second = way.goes_live("an update")
        load.await_requests(len(load.answers()) + BEFORE)
    way.loses_none(load.answers(), [first, second])
    way.is_refused(second)
    way.is_asked("a request after that is answered", second)


def queued(way: Way) -> None:
    workload, cloud = way.workload, way.workload.drill.cloud
    way.goes_live("a first model")
    way.hold("a first model: scaled", way.scaled.registered(), BACKLOG)
    asked = AsyncRequests(cloud, workload.endpoint)
    asked.send()
    way.hold("a request is answered in S3", asked.becomes(within=ANSWER_SECONDS), str([RIGHT]))

    during = AsyncRequests(cloud, workload.endpoint)
    with during.sent_steadily(rate=QUEUED_RATE):
        second = way.goes_live("an update")
    outcomes = during.becomes(within=ANSWER_SECONDS)
    failed = [*during.refused, *(each for each in outcomes if each != RIGHT)]
    told = f"{len(failed)} of {len(outcomes) + len(during.refused)} {' '.join(set(failed))}"
    way.hold("an update: failed requests", told.strip(), "0", holds=bool(outcomes) and not failed)
    way.is_refused(second)

    idle = way.scaled.await_instances(0, within=IDLE_SECONDS)
    way.hold("instances while nothing waits", idle, "0")
    woken = AsyncRequests(cloud, workload.endpoint)
    woken.send()
    way.hold("a request then, which wakes it", woken.becomes(within=WAKE_SECONDS), str([RIGHT]))
    way.hold("instances after that", way.scaled.instances(), "1")


def scaled(way: Way) -> None:
    workload = way.workload
    first = way.goes_live("a first model")
    way.is_asked("a request is answered", first)
    way.hold("a first model: scaled", way.scaled.registered(), TRACKED)
    folder = workload.drill.folder / "load"
    with load_on(workload.drill.cloud, workload.endpoint, rate=RATE, folder=folder) as load:
        instances = way.scaled.await_instances(2, within=SCALE_OUT_SECONDS)
        way.hold("instances under load", instances, "2")
        second = way.goes_live("an update")
        way.hold("instances after the update", way.scaled.instances(), "2")
        load.await_requests(len(load.answers()) + BEFORE)
    way.loses_none(load.answers(), [first, second])
    way.is_refused(second)
    _pauses_and_resumes(way, second)


def _pauses_and_resumes(way: Way, version: str) -> None:
    """Outside its hours there is no endpoint, and inside the one that was."""
    workload = way.workload
    kept = Leftovers.of(workload.drill.cloud, workload.endpoint).of_deployments()["models"]
    way.asked_of(PAUSE)
    left = Leftovers.of(workload.drill.cloud, workload.endpoint).of_deployments()
    way.hold("paused: what serves", workload.served(), NO_ENDPOINT)
    way.hold("paused: champion", way.champion(), f"version {version}")
    way.hold("paused: models kept", left["models"], str(kept))
    way.hold("paused: scaled", left["scalable targets"], "[]")
    way.asked_of(RESUME)
    way.is_asked("resumed: a request is answered", version)
    way.hold("resumed: champion", way.champion(), f"version {version}")
    way.hold("resumed: scaled", way.scaled.registered(), TRACKED)


WAYS: dict[str, Callable[[Way], None]] = {
    SERVERLESS: serverless,
    QUEUED: queued,
    SCALED: scaled,
}


@pytest.fixture(scope="module")
def drill(drilled_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Drill:
    folder = tmp_path_factory.mktemp(ENVIRONMENT)
    return Drill.deployed(drilled_cloud, folder, serving=OTHER_WAYS, environment=ENVIRONMENT)


def test_each_way_to_serve_is_deployed_updated_and_protected(
    drill: Drill, figures: Figures
) -> None:
    ways = {name: Way(drill.workload(name)) for name in WAYS}
    with ThreadPoolExecutor(len(WAYS)) as pool:
        drilled = [pool.submit(WAYS[name], way) for name, way in ways.items()]
    for way in ways.values():
        figures.found.extend(way.figures.found)
    for each in drilled:
        each.result()
    figures.check(DRILL)


def test_nothing_is_left_of_what_was_served_in_these_ways(drill: Drill, figures: Figures) -> None:
    drill.destroy()
    left = Leftovers.of(drill.cloud, names.prefix(ENVIRONMENT))
    figures.hold(DRILL, "torn down: resources left", left, "nothing", holds=str(left) == "nothing")
    figures.check(DRILL)
