"""What the state machine does with approvals and operators' requests that end well."""

from __future__ import annotations

import pytest

from tests.unit.deployment_machine.world import World, arn_of


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    world.connect(monkeypatch)
    return world


def test_a_first_approval_makes_an_endpoint_and_records_it(world: World) -> None:
    ended = world.run(world.register(3))

    assert ended.status == "SUCCEEDED", ended
    assert ended.last == "Live"
    assert "Bake" in ended.path
    assert world.live == ended.output["endpoint"]["EndpointConfigName"]
    assert world.record is not None
    assert world.record.champion.package == arn_of(3)
    assert world.record.champion.deployed_at.endswith("Z")
    assert world.notices[0][0].startswith("Live: ")


def test_an_update_takes_the_place_of_what_served_and_keeps_it(world: World) -> None:
    before = world.deploy(3)

    ended = world.run(world.register(4))

    assert ended.last == "Live"
    assert world.live == ended.output["endpoint"]["EndpointConfigName"]
    assert world.sagemaker.configs == world.sagemaker.models == {before, world.live}
    assert world.record is not None
    assert [each.config for each in world.record.history] == [before]
    assert {"AskBefore", "Probe", "SmokeTest"} <= set(ended.path)
