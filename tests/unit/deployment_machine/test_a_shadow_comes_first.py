"""A new model is a shadow first: what fails or is stopped then leaves what served before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from contracts.serving import Shadow
from infra.constructs.deployment_parts import DeploymentTimes
from infra.constructs.deployment_states import deployment_definition
from tests.unit.deployment_machine import world as worlds
from tests.unit.deployment_machine.world import (
    CALLS,
    MACHINE_DEFINITION,
    SageMakerWithEndpoints,
    World,
    arn_of,
)

ERROR = ("SomeException", "the cause")
DEFINITION = deployment_definition(
    calls=replace(CALLS, compare="compare"),
    times=DeploymentTimes(poll_seconds=15, timeout_seconds=150, bake_seconds=30),
)
OWN_STATES = DEFINITION["States"].keys() - MACHINE_DEFINITION["States"].keys()
AFTER_A_FAULT = {"ShadowIsNotThere"}
OWN_TASKS = {name for name in OWN_STATES if DEFINITION["States"][name]["Type"] == "Task"}


class SageMakerWithShadows(SageMakerWithEndpoints):
    """Says of a configuration which model gets a copy of the requests."""

    def CreateEndpointConfig(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        answer = super().CreateEndpointConfig(request)
        if "ShadowProductionVariants" in request:
            name = request["EndpointConfigName"]
            self.split_configs[name] = request
            # The model that serves answers.
            self.packages_of[name] = self.serves(request["ProductionVariants"][0]["ModelName"])
        return answer


@dataclass(kw_only=True)
class ShadowWorld(World):
    """Compares a shadow by what is said here: whether it passes."""

    passes: bool = True

    def __post_init__(self) -> None:
        self.sagemaker = SageMakerWithShadows(lambda: bool(self.metrics and self.metrics[-1]))

    def connect(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().connect(monkeypatch)
        monkeypatch.setattr(worlds, "MACHINE_DEFINITION", DEFINITION)
        self.serve_as(update="shadow", shadow=Shadow(minutes=30))

    def _invoke(self, arguments: Mapping[str, Any]) -> Any:
        if arguments["FunctionName"] != "compare":
            return super()._invoke(arguments)
        assert set(arguments["Payload"]) == {"plan", "since"}
        json.dumps(arguments["Payload"])
        detail = "Shadow: passed" if self.passes else "Shadow: NOT PASSED: too slow"
        return {"passed": self.passes, "detail": detail}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> ShadowWorld:
    """Version 2 serves."""
    world = ShadowWorld()
    world.connect(monkeypatch)
    world.deploy(2)
    return world


def rejected(world: World) -> bool:
    status: str = world.sagemaker.packages[arn_of(3)]["ModelApprovalStatus"]
    return status == "Rejected"


def test_a_first_model_is_nobodys_shadow(monkeypatch: pytest.MonkeyPatch) -> None:
    world = ShadowWorld()
    world.connect(monkeypatch)
    ended = world.run(world.register(2))
    assert ended.last == "Live"
    assert not OWN_TASKS & set(ended.path)


def test_a_shadow_that_passes_goes_live_and_its_configuration_goes(world: ShadowWorld) -> None:
    ended = world.run(world.register(3))

    assert ended.last == "Live"
    assert ended.path.index("CompareShadow") < ended.path.index("CreateEndpointConfig")
    assert world.waited >= 1800
    assert world.sagemaker.serves(str(world.live)) == arn_of(3)
    assert world.sagemaker.models == world.sagemaker.configs
    assert "Shadow: passed" in world.notices[-1][1]


def test_a_shadow_that_does_not_pass_never_answers(world: ShadowWorld) -> None:
    before = world.things()
    world.passes = False

    ended = world.run(world.register(3))

    assert ended.last == "Failed"
    assert "CreateEndpointConfig" not in ended.path
    assert world.things() == before
    assert rejected(world)
    assert "NOT PASSED: too slow" in world.notices[-1][1]


@pytest.mark.parametrize("state", sorted(OWN_TASKS))
def test_a_task_that_fails_leaves_what_served_before(world: ShadowWorld, state: str) -> None:
    before = world.things()
    world.breaks[state] = ERROR

    ended = world.run(world.register(3))

    assert (ended.status, ended.last) == ("FAILED", "Failed")
    assert state in ended.path
    assert world.things() == before
    assert rejected(world)


def test_a_shadow_that_does_not_come_up_is_given_up(world: ShadowWorld) -> None:
    before = world.things()
    # Nothing is healthy that has the shadow; the double knows a configuration by who answers.
    world.sagemaker.stuck = {arn_of(2)}

    ended = world.run(world.register(3))

    assert "ShadowIsNotThere" in ended.path
    assert ended.last == "Failed"
    assert world.things() == before
    assert "did not pass the ping health check" in world.notices[-1][1]


@pytest.mark.parametrize(
    ("state", "passes"),
    [
        *((state, True) for state in sorted(OWN_STATES - AFTER_A_FAULT - {"ShadowHasNotPassed"})),
        *((state, False) for state in sorted(OWN_STATES - AFTER_A_FAULT)),
    ],
)
def test_stopped_at_a_state_and_started_again_it_ends_right(
    world: ShadowWorld, state: str, passes: bool
) -> None:
    before = world.things()
    world.passes = passes
    event = world.register(3)
    world.stops_at = state
    world.run(event)
    assert world.entered[-1] == state
    world.stops_at = ""

    ended = world.run(event, name="again", second=30)

    assert ended.last == ("Live" if passes else "Failed")
    if passes:
        assert world.sagemaker.serves(str(world.live)) == arn_of(3)
        assert world.sagemaker.models == world.sagemaker.configs
    else:
        assert world.things() == before
