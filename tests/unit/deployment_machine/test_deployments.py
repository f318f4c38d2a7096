"""What the state machine does with approvals and operators' requests that end well."""

from __future__ import annotations

import pytest

from tests.unit.deployment_machine.world import ALARM, World, arn_of


def versions(world: World) -> list[int]:
    """The champion's version, and those before it."""
    assert world.record is not None
    return [each.version for each in (world.record.champion, *world.record.history)]


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

    assert world.live == ended.output["endpoint"]["EndpointConfigName"]
    assert world.sagemaker.configs == world.sagemaker.models == {before, world.live}
    assert versions(world) == [4, 3]
    assert {"Preflight", "AskBefore", "Probe", "SmokeTest"} <= set(ended.path)
    assert "Bake" not in ended.path


def test_the_last_three_deployments_are_kept(world: World) -> None:
    kept = [world.deploy(version) for version in (1, 2, 3, 4)][1:]

    assert versions(world) == [4, 3, 2]
    assert world.sagemaker.configs == world.sagemaker.models == set(kept)


def test_an_alarm_that_had_gone_off_before_does_not_guard_and_that_is_told(world: World) -> None:
    world.deploy(3)
    world.alarm_states[ALARM] = "ALARM"

    ended = world.run(world.register(4))

    assert ended.last == "Live"
    assert "AutoRollbackConfiguration" not in ended.output["endpoint"]["DeploymentConfig"]
    assert f"The alarm {ALARM} had gone off before" in world.notices[-1][1]


def test_an_approval_that_comes_again_does_nothing_and_tells_nobody(world: World) -> None:
    event = world.register(3)
    world.run(event)
    before = world.things()
    world.notices.clear()

    ended = world.run(event)

    assert (ended.status, ended.output["nothing_to_do"]) == ("SUCCEEDED", True)
    assert world.things() == before
    assert world.notices == []


def test_the_same_approval_a_hundred_times_is_one_deployment(world: World) -> None:
    """All wait; the first goes on, and each of the others sees a newer one of the same."""
    event = world.register(3)
    others = [f"other-{number:03}" for number in range(99)]
    for number, name in enumerate(others):
        world.start(name, event, second=number + 1)

    world.start("first", event, second=0)
    ended = [world.run(event, name=name, second=n + 1) for n, name in enumerate(others[:-1])]
    first = world.run(event, name="first")
    last = world.run(event, name=others[-1], second=99)

    assert first.last == "Live"
    assert {each.last for each in ended} == {"Superseded"}
    assert last.output["nothing_to_do"]
    assert world.sagemaker.calls.count(f"CreateEndpoint {world.live}") == 1
    assert len(world.notices) == 1


def test_more_executions_than_are_listed_let_nobody_begin_twice(world: World) -> None:
    event = world.register(3)
    for number in range(1_200):
        world.start(f"other-{number:04}", event, second=number + 1)

    middle = world.run(event, name="other-0600", second=601)
    assert middle.last == "Superseded"

    first = world.run(event, name="early", ends_with="other-0700")
    assert "WaitForTurn" in first.path


def test_two_approvals_at_once_are_deployed_in_order(world: World) -> None:
    first, second = world.register(3), world.register(4)
    world.start("second", second, second=1)

    assert world.run(first, name="first").last == "Live"
    assert versions(world) == [3]
    assert world.run(second, name="second", second=1).last == "Live"
    assert versions(world) == [4, 3]


def test_an_approval_that_waits_is_superseded_by_a_newer_one(world: World) -> None:
    world.register(4)
    world.wait_behind(approved=2, newer=4)

    ended = world.run(world.register(3))

    assert (ended.status, ended.last) == ("SUCCEEDED", "Superseded")
    assert world.notices[0][0] == "Superseded: version 3 is not deployed"
    assert arn_of(4) in world.notices[0][1]
    assert world.live is None


def test_an_old_approval_that_comes_late_supersedes_nothing(world: World) -> None:
    world.register(1)
    world.wait_behind(approved=2, newer=1)

    assert world.run(world.register(3)).last == "Live"


@pytest.mark.parametrize("name", ["shift-1", "end-1", "roll-back-1", "pause-1", "resume-1"])
def test_what_operators_ask_supersedes_nothing(world: World, name: str) -> None:
    world.wait_behind(approved=2, newer=None)
    world.start(name, {"action": "shift", "share": 0.5}, second=30)

    assert world.run(world.register(3)).last == "Live"


def test_an_operator_s_request_under_another_name_supersedes_nothing(world: World) -> None:
    world.wait_behind(approved=2, newer=None)
    world.start("0a1b2c3d", {"action": "pause"}, second=30)

    assert world.run(world.register(3)).last == "Live"


def test_a_roll_back_by_hand_brings_what_served_before_and_rejects_what_did(world: World) -> None:
    world.deploy(2)
    before = world.deploy(3)
    world.deploy(4)

    ended = world.run({"action": "roll_back"})

    assert ended.last == "Live"
    assert world.live == before
    assert versions(world) == [3, 2]
    assert world.sagemaker.packages[arn_of(4)]["ModelApprovalStatus"] == "Rejected"
    assert world.notices[-1][0].startswith("Rolled back: ")
    assert {"Preflight", "SmokeTest"} <= set(ended.path)


def test_a_roll_back_to_a_version_by_its_number(world: World) -> None:
    first = world.deploy(2)
    world.deploy(3)
    world.deploy(4)

    assert world.run({"action": "roll_back", "to": "2"}).last == "Live"
    assert world.live == first
    assert versions(world) == [2]
    assert world.sagemaker.models == {first}


def test_an_approval_from_before_a_roll_back_does_not_undo_it(world: World) -> None:
    before = world.deploy(3)
    event = world.register(4)
    world.run(event)
    world.run({"action": "roll_back"})

    assert world.run(event).output["nothing_to_do"]
    assert world.live == before


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"action": "roll_back"}, "is not kept: version 3 serves, and before it served none"),
        ({"action": "roll_back", "to": "7"}, "version 7 is not kept"),
        ({"action": "roll_back", "to": "x"}, "is no version of a model package"),
        ({"action": "sing"}, "allowed are shift, end, judge, roll_back, pause and resume"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    world: World, request_: dict[str, str], told: str
) -> None:
    world.deploy(3)
    before = world.things()

    ended = world.run(request_)

    assert ended.status == "FAILED"
    assert told in world.notices[-1][1]
    assert world.things() == before


def test_an_endpoint_is_paused_and_resumed_with_its_champion(world: World) -> None:
    world.deploy(2)
    before = world.deploy(3)
    kept = world.things()

    paused = world.run({"action": "pause"})
    assert (paused.last, world.live) == ("Live", None)
    assert world.sagemaker.configs == kept["configs"]
    assert world.run({"action": "pause"}).output["nothing_to_do"]

    resumed = world.run({"action": "resume"})
    assert (resumed.last, world.live) == ("Live", before)
    assert "SmokeTest" in resumed.path
    assert world.things() == kept
    assert world.run({"action": "resume"}).output["nothing_to_do"]


def test_a_roll_back_of_a_paused_endpoint_says_to_resume_it_first(world: World) -> None:
    world.deploy(2)
    world.deploy(3)
    world.run({"action": "pause"})
    before = world.things()

    ended = world.run({"action": "roll_back"})

    assert ended.status == "FAILED"
    assert 'start the state machine with {"action": "resume"}' in world.notices[-1][1]
    assert "nothing served before" not in world.notices[-1][1]
    assert world.things() == before


def test_an_approval_outside_the_hours_makes_the_endpoint_with_it(world: World) -> None:
    before = world.deploy(2)
    world.run({"action": "pause"})

    ended = world.run(world.register(3))

    assert ended.last == "Live"
    assert "the endpoint is made again" in ended.output["summary"]
    assert versions(world) == [3, 2]
    assert before in world.sagemaker.configs
