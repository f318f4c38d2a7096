"""EventBridge delivers an event at least once: however often it comes, one deployment is made."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.deployment_drill.drill import Drill, DrilledWorkload
from tests.deployment_drill.figures import Figures
from tests.deployment_drill.leftovers import Leftovers
from tests.deployment_drill.packages import Package
from tests.deployment_drill.workloads import UPDATED

pytestmark = [pytest.mark.deployment_drill, pytest.mark.usefixtures("canaries")]

DRILL = "one approval, 100 times"
DELIVERIES = 100
APPROVALS = 10
"""Of these, so many are made by UpdateModelPackage, each with another description."""
AT_ONCE = 25
START_SECONDS = 60.0
MADE_ONCE = {
    "models created": "CreateModel",
    "configurations created": "CreateEndpointConfig",
    "updates of the endpoint": "UpdateEndpoint",
}


def test_a_hundred_deliveries_of_an_approval_make_one_deployment(
    drill: Drill, figures: Figures
) -> None:
    workload = drill.workload(UPDATED)
    workload.ensure_live()
    package = workload.registry.register()
    executions = _deliver(workload, package)
    ended = [workload.machine.await_end(execution) for execution in executions]
    good = [one for one in ended if one.status == "SUCCEEDED"]
    figures.hold(DRILL, "executions", len(ended), f"{DELIVERIES}", holds=len(ended) == DELIVERIES)
    figures.hold(
        DRILL, "that ended well", len(good), f"{DELIVERIES}", holds=len(good) == DELIVERIES
    )
    for what, state in MADE_ONCE.items():
        number = sum(one.states.count(state) for one in ended)
        figures.hold(DRILL, what, number, "1", holds=number == 1)
    left = Leftovers.of(drill.cloud, workload.endpoint)
    models = left.versions("models").count(package.version)
    figures.hold(DRILL, "models of the version", models, "1", holds=models == 1)
    figures.hold(
        DRILL,
        "what serves",
        workload.served(),
        f"version {package.version}",
        holds=workload.served() == f"version {package.version}",
    )
    figures.tell(
        DRILL, "until the last of them ended", f"{max(one.seconds for one in ended):.0f} s"
    )
    figures.check(DRILL)


def _deliver(workload: DrilledWorkload, package: Package) -> list[str]:
    """ARNs of all executions that the deliveries started."""
    before = set(workload.machine.all())
    event = workload.machine.event(workload.approve(package))

    def approve() -> None:
        workload.registry.approve(package, f"Once more: {uuid.uuid4()}")

    def deliver() -> None:
        workload.machine.start(event)

    calls: list[Callable[[], None]] = [approve] * (APPROVALS - 1)
    calls += [deliver] * (DELIVERIES - APPROVALS)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for call in [pool.submit(call) for call in calls]:
            call.result()
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        started = [arn for arn in workload.machine.all() if arn not in before]
        if len(started) >= DELIVERIES:
            break
        time.sleep(0.5)
    return started
