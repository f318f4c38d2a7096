"""The state machine is killed at each of its states and started again: it ends right, always."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import pytest

from tests.deployment_drill.drill import Drill, DrilledWorkload
from tests.deployment_drill.figures import Figures
from tests.deployment_drill.leftovers import Leftovers
from tests.deployment_drill.pausing import PAUSE, diverted, exits_of, paused_before, states_of
from tests.deployment_drill.scenarios import SCENARIOS, Scenario
from tests.deployment_drill.workloads import KILLED

pytestmark = [pytest.mark.deployment_drill, pytest.mark.usefixtures("canaries")]

DRILL = "killed at each state"


@dataclass(frozen=True)
class Way:
    """How an execution comes to a state: by a scenario, of which the state `diverted_from` is
    made to lead there where no scenario does by itself."""

    state: str
    scenario: Scenario
    diverted_from: str = ""

    def paused(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        """The definition by which it waits there."""
        if self.diverted_from:
            return diverted(definition, self.diverted_from, self.state)
        return paused_before(definition, self.state)

    def __str__(self) -> str:
        diverted_ = f", diverted from {self.diverted_from}" if self.diverted_from else ""
        return f"{self.state} ({self.scenario.name}{diverted_})"


@dataclass(frozen=True)
class Kill:
    """One kill and what came of it. `faults` is empty where the end is right."""

    way: Way
    faults: tuple[str, ...]


def test_a_killed_deployment_that_is_started_again_ends_right(
    drill: Drill, figures: Figures
) -> None:
    workloads = [drill.workload(name) for name in KILLED]
    definitions = [workload.machine.definition() for workload in workloads]
    states = states_of(definitions[0])
    for each in definitions:
        assert states_of(each) == states, "the workloads drilled here have the same states"
    ways = _ways(definitions[0], dict(_walk_all(workloads)))
    kills = _kill_all(workloads, list(ways.values()))
    _tell(figures, states, ways, kills)
    figures.check(DRILL)


def _walk_all(workloads: Sequence[DrilledWorkload]) -> Iterator[tuple[str, Scenario]]:
    """The states that scenarios come to when nobody kills them, the later scenarios first."""
    free = _queue(workloads)

    def walk(scenario: Scenario) -> tuple[str, ...]:
        workload = free.get()
        try:
            return _walk(workload, scenario)
        finally:
            free.put(workload)

    with ThreadPoolExecutor(len(workloads)) as pool:
        walked = list(pool.map(walk, SCENARIOS))
    for scenario, states in reversed(list(zip(SCENARIOS, walked, strict=True))):
        yield from ((state, scenario) for state in states)


def _walk(workload: DrilledWorkload, scenario: Scenario) -> tuple[str, ...]:
    definition = workload.machine.definition()
    scenario.prepare(workload)
    before = workload.served()
    with scenario.begun(workload, definition) as execution:
        pass
    ended = workload.machine.await_end(execution)
    faults = list(_faults(workload, scenario, before, execution, ended.status))
    assert not faults, f"{scenario.name}, which nobody killed: {faults}; {ended}"
    return ended.states


def _ways(definition: Mapping[str, Any], walked: Mapping[str, Scenario]) -> dict[str, Way]:
    """A way to each state: by a scenario, else by a diversion of one that comes near."""
    ways = {state: Way(state, scenario) for state, scenario in walked.items()}
    for state in states_of(definition):
        if state not in ways:
            for before in walked:
                if state in exits_of(definition["States"][before]):
                    ways[state] = Way(state, walked[before], diverted_from=before)
    return ways


def _kill_all(workloads: Sequence[DrilledWorkload], ways: Sequence[Way]) -> list[Kill]:
    """Each way once, side by side on the workloads."""
    free = _queue(workloads)

    def kill(way: Way) -> Kill:
        workload = free.get()
        try:
            return Kill(way, tuple(_kill(workload, way)))
        finally:
            free.put(workload)

    with ThreadPoolExecutor(len(workloads)) as pool:
        return list(pool.map(kill, ways))


def _queue(workloads: Sequence[DrilledWorkload]) -> SimpleQueue[DrilledWorkload]:
    free: SimpleQueue[DrilledWorkload] = SimpleQueue()
    for workload in workloads:
        free.put(workload)
    return free


def _kill(workload: DrilledWorkload, way: Way) -> Iterator[str]:
    """Kill the scenario as it enters the state, start it again, look at what is there then."""
    machine, scenario = workload.machine, way.scenario
    definition = machine.definition()
    scenario.prepare(workload)
    before = workload.served()
    machine.replace_definition(way.paused(definition))
    try:
        with scenario.begun(workload, definition) as execution:
            if not machine.await_state(execution, PAUSE):
                yield f"not reached again: {machine.await_end(execution)}"
            else:
                machine.stop(execution)
    finally:
        machine.replace_definition(definition)
    again = machine.start(machine.event(execution))
    ended = machine.await_end(again)
    yield from _faults(workload, scenario, before, again, ended.status)


def _faults(
    workload: DrilledWorkload, scenario: Scenario, before: str, execution: str, status: str
) -> Iterator[str]:
    """What is not as the scenario is to end; `before` is what served before it began."""
    served, wanted = workload.served(), scenario.outcome(workload, before, execution)
    if served != wanted:
        yield f"{served} serves, not {wanted}"
    if scenario.ends_well and status != "SUCCEEDED":
        yield f"it ended {status}"
    there = Leftovers.of(workload.drill.cloud, workload.endpoint).of_deployments()
    wanted_there = workload.wanted_of_deployments()
    for kind in there:
        if there[kind] != wanted_there[kind]:
            yield f"{kind} {there[kind]}, not {wanted_there[kind]}"


def _tell(
    figures: Figures, states: Sequence[str], ways: Mapping[str, Way], kills: Sequence[Kill]
) -> None:
    unreached = [state for state in states if state not in ways]
    figures.hold(
        DRILL,
        "states killed at",
        f"{len(ways)} of {len(states)}{_listed(unreached)}",
        "all",
        holds=not unreached,
    )
    forced = [state for state in states if state in ways and ways[state].diverted_from]
    figures.tell(DRILL, "of these diverted to", f"{len(forced)}: {', '.join(forced)}")
    wrong = [f"{kill.way}: {'; '.join(kill.faults)}" for kill in kills if kill.faults]
    figures.hold(
        DRILL,
        "right and nothing orphaned when started again",
        f"{len(kills) - len(wrong)} of {len(kills)}{_listed(wrong)}",
        "all",
        holds=not wrong,
    )


def _listed(names: Sequence[str]) -> str:
    return f", not {', '.join(names)}" if names else ""
