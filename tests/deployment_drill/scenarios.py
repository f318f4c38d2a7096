"""Ways through the deployment state machine: together they are to reach its states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.deployment_drill.drill import NO_ENDPOINT, DrilledWorkload
from tests.deployment_drill.pausing import PAUSE, paused_before

Definition = Mapping[str, Any]
_TURN = "WaitForTurn"
_PLAN = "Plan"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """The approval of a new model.

    Attributes:
        behaviour: of the new model.
        first: whether there is no endpoint before it.
        behind_another: whether another deployment runs when it begins.
    """

    name: str
    behaviour: str = "right"
    first: bool = False
    behind_another: bool = False

    @property
    def ends_well(self) -> bool:
        """Whether its execution succeeds."""
        return self.behaviour == "right"

    def prepare(self, workload: DrilledWorkload) -> None:
        """Bring the endpoint to what it is to be before."""
        if self.first:
            workload.forget()
        else:
            workload.ensure_live()

    @contextmanager
    def begun(self, workload: DrilledWorkload, definition: Definition) -> Iterator[str]:
        """ARN of its execution, which goes by the definition that the state machine has now;
        `definition` is the deployed one. What it has to wait for is there during the block."""
        if not self.behind_another:
            yield self.start(workload)
            return
        with _another(workload, definition):
            execution = self.start(workload)
            assert workload.machine.await_state(execution, _TURN, PAUSE)
            yield execution

    def start(self, workload: DrilledWorkload) -> str:
        """ARN of the execution that begins it."""
        return workload.approve(workload.registry.register(self.behaviour))

    def outcome(self, workload: DrilledWorkload, before: str, execution: str) -> str:
        """What `DrilledWorkload.served` is to say when `execution` is over."""
        return f"version {workload.version_of(execution)}" if self.ends_well else before


@contextmanager
def _another(workload: DrilledWorkload, definition: Definition) -> Iterator[None]:
    """During the block a deployment runs that does not come to its end."""
    machine = workload.machine
    drilled = machine.definition()
    machine.replace_definition(paused_before(definition, _PLAN))
    other = machine.start(workload.last_event())
    assert machine.await_state(other, PAUSE)
    machine.replace_definition(drilled)
    try:
        yield
    finally:
        machine.stop(other)


@dataclass(frozen=True, kw_only=True)
class AgainScenario(Scenario):
    """The approval of what serves, delivered once more."""

    def start(self, workload: DrilledWorkload) -> str:
        return workload.machine.start(workload.last_event())


@dataclass(frozen=True, kw_only=True)
class SupersededScenario(Scenario):
    """While it waits for its turn, a newer model is approved, which goes live instead."""

    @contextmanager
    def begun(self, workload: DrilledWorkload, definition: Definition) -> Iterator[str]:
        machine = workload.machine
        with _another(workload, definition):
            execution = self.start(workload)
            newer = workload.approve(workload.registry.register())
            assert machine.await_state(execution, "Superseded", PAUSE)
            yield execution
        machine.await_end(newer)

    def outcome(self, workload: DrilledWorkload, before: str, execution: str) -> str:
        return f"version {int(workload.version_of(execution)) + 1}"


@dataclass(frozen=True, kw_only=True)
class RollBackScenario(Scenario):
    """An operator asks for the version before."""

    def prepare(self, workload: DrilledWorkload) -> None:
        workload.ensure_live()
        record = workload.champion()
        if record is None or not record.history:
            workload.deploy()

    def start(self, workload: DrilledWorkload) -> str:
        record = workload.champion()
        assert record is not None
        return workload.machine.start({"action": "roll_back", "to": str(record.history[0].version)})

    def outcome(self, workload: DrilledWorkload, before: str, execution: str) -> str:
        return f"version {workload.machine.event(execution)['to']}"


@dataclass(frozen=True, kw_only=True)
class PauseScenario(Scenario):
    """The hours are over: the endpoint is taken down."""

    def start(self, workload: DrilledWorkload) -> str:
        return workload.machine.start({"action": "pause"})

    def outcome(self, workload: DrilledWorkload, before: str, execution: str) -> str:
        return NO_ENDPOINT


@dataclass(frozen=True, kw_only=True)
class ResumeScenario(Scenario):
    """The hours begin: the endpoint is made again."""

    def prepare(self, workload: DrilledWorkload) -> None:
        workload.ensure_live()
        ended = workload.machine.await_end(workload.machine.start({"action": "pause"}))
        assert ended.status == "SUCCEEDED", ended

    def start(self, workload: DrilledWorkload) -> str:
        return workload.machine.start({"action": "resume"})

    def outcome(self, workload: DrilledWorkload, before: str, execution: str) -> str:
        record = workload.champion()
        return f"version {record.champion.version}" if record else NO_ENDPOINT


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(name="an update"),
    Scenario(name="an update to a model that answers wrong", behaviour="wrong"),
    Scenario(name="an update to a model that cannot be loaded", behaviour="crashes"),
    Scenario(name="a first deployment", first=True),
    Scenario(name="an update behind another", behind_another=True),
    SupersededScenario(name="an update behind another, and then a newer approval"),
    AgainScenario(name="an approval of what serves"),
    RollBackScenario(name="a roll-back by hand"),
    PauseScenario(name="a pause"),
    ResumeScenario(name="a resumption"),
)
