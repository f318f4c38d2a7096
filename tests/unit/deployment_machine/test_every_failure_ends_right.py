"""Each task of the state machine is made to fail; what is left is as good as before, or told."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.champion_record import FAILED_MARK
from tests.unit.deployment_machine.asl import Ended
from tests.unit.deployment_machine.world import World, arn_of, definition

STATES = definition()["States"]
TASKS = {name for name, state in STATES.items() if state["Type"] == "Task"}
# Any, for what a task can fail with.
ERROR = ("SomeException", "the cause")

# An approval ends failed, with what served before, where one of these fails.
FAILS = {
    "LookForEarlierDeployments",
    "Plan",
    "Preflight",
    "CreateModel",
    "CreateEndpointConfig",
    "UpdateEndpoint",
    "LookAtEndpoint",
    "SmokeTest",
}
# It goes live all the same where one of these fails, and the notice says so.
GOES_ON = {"AskBefore", "Probe", "RecordChampion", "CleanUp", "TellLive"}
# These come after another failure: reached by a test of their own below.
AFTER_A_FAILURE = {"RollBack", "MarkPackage", "TellFailure"}
OTHER_WAYS = {
    "LookAtNewerDeployment",
    "TellSuperseded",
    "CreateEndpoint",
    "ShiftRequests",
    "TakeDown",
    "TidyUp",
}


def test_every_task_is_looked_at_below() -> None:
    assert TASKS == FAILS | GOES_ON | AFTER_A_FAILURE | OTHER_WAYS


def test_every_task_has_a_way_out() -> None:
    """Where nothing caught it, its failure would be told by nobody but the alarm."""
    for name in TASKS:
        (catch,) = STATES[name]["Catch"]
        assert catch["ErrorEquals"] == ["States.ALL"], name


def rejected(world: World, version: int) -> str:
    """What the registry says of a rejected package; empty where it is not rejected."""
    package = world.sagemaker.packages[arn_of(version)]
    described: str = package.get("ApprovalDescription", "")
    return described if package["ModelApprovalStatus"] == "Rejected" else ""


@pytest.mark.parametrize("state", sorted(FAILS))
def test_an_update_that_fails_leaves_what_served_before(world: World, state: str) -> None:
    world.deploy(2)
    before = world.things()
    world.breaks[state] = ERROR

    ended = world.run(world.register(3))

    assert (ended.status, ended.last) == ("FAILED", "Failed")
    assert state in ended.path
    assert world.things() == before
    assert rejected(world, 3).startswith(f"{FAILED_MARK}: SomeException: the cause")
    (subject, message) = world.notices[-1]
    assert subject == "Deployment failed"
    assert "the cause" in message
    assert "approve it again" in message


@pytest.mark.parametrize("state", sorted((FAILS - {"UpdateEndpoint"}) | {"CreateEndpoint"}))
def test_a_first_deployment_that_fails_leaves_nothing(world: World, state: str) -> None:
    before = world.things()
    world.breaks[state] = ERROR

    ended = world.run(world.register(3))

    assert (ended.status, ended.last) == ("FAILED", "Failed")
    assert world.things() == before
    assert rejected(world, 3)


@pytest.mark.parametrize("state", sorted(GOES_ON))
def test_what_does_not_judge_the_model_does_not_take_it_back(world: World, state: str) -> None:
    world.deploy(2)
    world.breaks[state] = ERROR

    ended = world.run(world.register(3))

    assert (ended.status, ended.last) == ("SUCCEEDED", "Live")
    assert state in ended.path
    assert world.live == ended.output["endpoint"]["EndpointConfigName"]
    assert not rejected(world, 3)


def test_a_champion_record_that_cannot_be_written_is_told(world: World) -> None:
    world.breaks["RecordChampion"] = ERROR

    ended = world.run(world.register(3))

    assert "The champion record was not written" in ended.output["recorded"]
    assert "The champion record was not written" in world.notices[-1][1]


def test_a_roll_back_that_fails_as_well_is_told_as_such(world: World) -> None:
    world.deploy(2)
    world.breaks |= {"SmokeTest": ERROR, "RollBack": ERROR}

    ended = world.run(world.register(3))

    assert ended.last == "Failed"
    assert "Rolling back failed as well, look at the endpoint" in world.notices[-1][1]
    assert rejected(world, 3)


def test_a_roll_back_that_takes_too_long_ends(world: World) -> None:
    world.deploy(2)
    world.wrong = {arn_of(3)}
    world.sagemaker.alarm = lambda: False
    ended = run_with_endless_roll_back(world)

    assert ended.path.count("RollBack") == ended.path.count("WaitForRollBack") + 1
    assert ended.path.count("RollBack") > 5
    assert ended.last == "Failed"


def run_with_endless_roll_back(world: World) -> Ended:
    def settle() -> None:
        if "NotPassed" not in world.entered:
            usual()

    usual = world.sagemaker.settle
    world.sagemaker.settle = settle  # type: ignore[method-assign]
    return world.run(world.register(3))


@pytest.mark.parametrize("state", ["MarkPackage", "TellFailure"])
def test_a_failure_ends_as_one_though_nothing_tells_of_it(world: World, state: str) -> None:
    before = world.deploy(2)
    world.breaks |= {"Preflight": ERROR, state: ERROR}

    ended = world.run(world.register(3))

    assert (ended.status, ended.last) == ("FAILED", "Failed")
    assert world.live == before
    if state == "MarkPackage":
        assert "could not be marked as rejected" in world.notices[-1][1]


def test_a_newer_deployment_that_cannot_be_looked_at_supersedes_nothing(world: World) -> None:
    world.register(4)
    world.wait_behind(approved=2, newer=4)
    world.breaks["LookAtNewerDeployment"] = ERROR

    ended = world.run(world.register(3))

    assert ended.last == "Live"


def test_a_superseded_deployment_ends_well_though_nobody_hears_of_it(world: World) -> None:
    world.register(4)
    world.wait_behind(approved=2, newer=4)
    world.breaks["TellSuperseded"] = ERROR

    ended = world.run(world.register(3))

    assert (ended.status, ended.last) == ("SUCCEEDED", "Superseded")


def test_a_shift_that_fails_leaves_the_shares(world: World) -> None:
    split(world)
    before = world.things()
    world.breaks["ShiftRequests"] = ERROR

    ended = world.run({"action": "shift", "share": 0.5})

    assert ended.last == "Failed"
    assert world.things() == before
    assert world.notices[-1][0] == "Failed: to shift the split"


def split(world: World) -> None:
    """Two versions share the requests."""
    world.deploy(2)
    world.serve_as(first_share=0.1)
    ended = world.run(world.register(3))
    assert ended.last == "Live", ended
    assert ended.output["new_share"] == 0.1


def test_a_pause_that_fails_says_that_the_endpoint_may_be_there_still(world: World) -> None:
    before = world.deploy(2)
    world.breaks["TakeDown"] = ERROR

    ended = world.run({"action": "pause"})

    assert ended.last == "Failed"
    assert world.live == before
    assert world.notices[-1][0] == "Failed: to pause"
    assert "it may be there still" in world.notices[-1][1]


def test_an_endpoint_that_does_not_go_in_time_fails_the_pause(world: World) -> None:
    world.deploy(2)
    world.sagemaker.settle = lambda: None  # type: ignore[method-assign]

    ended = world.run({"action": "pause"})

    assert "NotTakenDown" in ended.path
    assert ended.last == "Failed"


def test_tidying_up_that_fails_is_left_to_the_next_deployment(world: World) -> None:
    event = world.register(2)
    world.run(event)
    world.breaks["TidyUp"] = ERROR

    ended = world.run(event)

    assert (ended.status, ended.last) == ("SUCCEEDED", "Live")
    assert "TidyUp" in ended.path


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"stuck": {arn_of(3)}}, "did not pass the ping health check"),
        ({"wrong": {arn_of(3)}}, "An alarm went off"),
        ({"failing": {arn_of(3)}}, "An alarm went off"),
    ],
)
def test_a_bad_model_is_rolled_back_while_it_is_brought_in(
    world: World, change: dict[str, Any], told: str
) -> None:
    world.deploy(2)
    before = world.things()
    world.sagemaker.stuck = change.get("stuck", set())
    world.wrong, world.failing = change.get("wrong", set()), change.get("failing", set())

    ended = world.run(world.register(3))

    assert ended.last == "Failed"
    assert "NotInService" in ended.path
    assert "SmokeTest" not in ended.path
    assert world.things() == before
    assert told in world.notices[-1][1]


@pytest.mark.parametrize("kind", ["stuck", "wrong", "failing"])
def test_a_bad_first_model_is_taken_down(world: World, kind: str) -> None:
    before = world.things()
    setattr(world.sagemaker if kind == "stuck" else world, kind, {arn_of(3)})

    ended = world.run(world.register(3))

    assert ended.last == "Failed"
    assert world.things() == before


def test_a_model_that_no_alarm_catches_is_caught_by_the_smoke_test(world: World) -> None:
    world.deploy(2)
    before = world.things()
    world.wrong = {arn_of(3)}
    world.sagemaker.alarm = lambda: False

    ended = world.run(world.register(3))

    assert "NotPassed" in ended.path
    assert world.things() == before
    assert "of 3 samples were answered wrong at times" in ended.variables["probed"]


def test_an_endpoint_that_never_gets_in_service_is_given_up(world: World) -> None:
    world.sagemaker.settle = lambda: None  # type: ignore[method-assign]
    world.sagemaker.deletes_while_creating = True

    ended = world.run(world.register(3))

    assert ended.path.count("LookAtEndpoint") == 10
    assert "after 150 seconds" in world.notices[-1][1]


def test_a_withdrawn_approval_stands_whatever_the_deployment_says(world: World) -> None:
    event = world.register(3)
    world.sagemaker.packages[arn_of(3)]["ModelApprovalStatus"] = "PendingManualApproval"

    ended = world.run(event)

    assert ended.last == "Failed"
    assert "MarkPackage" not in ended.path
    assert world.sagemaker.packages[arn_of(3)]["ModelApprovalStatus"] == "PendingManualApproval"


def test_a_failed_package_is_not_tried_again_until_somebody_approves_it(world: World) -> None:
    event = world.register(3)
    world.wrong = {arn_of(3)}
    world.run(event)

    again = world.run(event)
    assert (again.status, again.output["nothing_to_do"]) == ("SUCCEEDED", True)

    world.wrong = set()
    world.sagemaker.packages[arn_of(3)]["ModelApprovalStatus"] = "Approved"
    assert world.run(event).last == "Live"
    assert world.live
