"""Where the environment wants it, a person decides before anything is made."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from contracts.deployment_approval import REJECTED_ERROR, ApprovalRecord
from contracts.serving import Batch
from infra.constructs.deployment_approval_states import ApprovalCall
from infra.constructs.deployment_parts import DeploymentTimes
from infra.constructs.deployment_states import deployment_definition
from lambdas.deployment import handler
from tests.unit.deployment_machine import world as worlds
from tests.unit.deployment_machine.asl import TaskError
from tests.unit.deployment_machine.world import CALLS, World, arn_of

APPROVED = {"decision": "approved", "text": "Approved by ann: compared both"}


@dataclass(kw_only=True)
class AskingWorld(World):
    """Asks a person, who answers with `answer`, or with the error `refuses`.

    Attributes:
        objects: what the functions wrote into the bucket, by key.
        asked: what there was when the person was asked.
    """

    answer: dict[str, Any] = field(default_factory=lambda: dict(APPROVED))
    refuses: TaskError | None = None
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def connect(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().connect(monkeypatch)
        found = vars(handler)["client"]
        monkeypatch.setattr(
            handler, "client", lambda name, **_: self if name == "sns" else found(name)
        )
        monkeypatch.setenv("ALERT_TOPIC_ARN", "alerts")
        monkeypatch.setenv("TIMEOUT_HOURS", "24")
        monkeypatch.setattr(worlds, "MACHINE_DEFINITION", _definition())

    def put_object(self, **request: Any) -> None:
        self.objects[request["Key"]] = request["Body"]

    def publish(self, **request: Any) -> None:
        self.notices.append((request["Subject"], request["Message"]))

    @property
    def record_of_asking(self) -> ApprovalRecord:
        (content,) = [body for key, body in self.objects.items() if key.endswith(".json")]
        return ApprovalRecord.parse(content)

    def _call(self, resource: str, arguments: Any) -> Any:
        if not resource.endswith(".waitForTaskToken"):
            return super()._call(resource, arguments)
        self._invoke(arguments)
        self.asked.append(self.things())
        if self.refuses is not None:
            raise self.refuses
        return json.loads(json.dumps(self.answer))


def _definition() -> dict[str, Any]:
    return deployment_definition(
        calls=CALLS,
        times=DeploymentTimes(poll_seconds=15, timeout_seconds=150, bake_seconds=0),
        approval=ApprovalCall(ask="ask_for_approval", timeout_hours=24, workload="birds"),
    )


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> AskingWorld:
    world = AskingWorld()
    world.connect(monkeypatch)
    return world


def test_an_approved_deployment_goes_on_and_the_notice_says_who_let_it(
    world: AskingWorld,
) -> None:
    ended = world.run(world.register(3))

    assert ended.last == "Live", ended
    assert world.record is not None
    assert world.record.champion.package == arn_of(3)
    asked, live = world.notices
    assert asked[0] == "Decide: version 3 of birds"
    assert "Approved by ann: compared both" in live[1]


def test_the_token_that_the_person_answers_is_the_task_s(world: AskingWorld) -> None:
    world.run(world.register(3))

    assert world.record_of_asking.token == "token"
    assert world.record_of_asking.execution.endswith(":own")


def test_nothing_is_made_before_the_decision(world: AskingWorld) -> None:
    before = world.deploy(3)

    world.run(world.register(4))

    (first, second) = world.asked
    assert (first["endpoint"], first["models"]) == (None, set())
    assert (second["endpoint"], second["models"]) == (before, {before})


@pytest.mark.parametrize(
    ("refuses", "told"),
    [
        (TaskError(REJECTED_ERROR, "Rejected by ann: too slow"), "Rejected by ann: too slow"),
        (TaskError("States.Timeout", "Task timed out"), "Not decided in time: nobody answered"),
    ],
)
def test_a_no_and_no_answer_end_it_with_nothing_made_and_the_package_marked(
    world: AskingWorld, refuses: TaskError, told: str
) -> None:
    before = world.deploy(3)
    things = world.things()
    world.refuses = refuses

    ended = world.run(world.register(4))

    assert (ended.status, ended.last) == ("FAILED", "Failed")
    assert ended.cause.startswith(told)
    assert world.things() == things
    assert world.live == before
    package = world.sagemaker.packages[arn_of(4)]
    assert package["ModelApprovalStatus"] == "Rejected"
    assert told in package["ApprovalDescription"]
    assert told in world.notices[-1][1]


def test_a_function_that_cannot_ask_ends_it(world: AskingWorld) -> None:
    world.refuses = TaskError("KeyError", '{"errorMessage": "no bucket"}')

    ended = world.run(world.register(3))

    assert ended.status == "FAILED"
    assert "no bucket" in ended.cause
    assert world.live is None


def test_nobody_is_asked_about_what_an_operator_asks_for(world: AskingWorld) -> None:
    before = world.deploy(3)
    world.deploy(4)
    world.asked.clear()

    ended = world.run({"action": "roll_back"})

    assert ended.last == "Live", ended
    assert world.live == before
    assert world.asked == []


def test_a_model_without_an_endpoint_is_asked_about_as_well(world: AskingWorld) -> None:
    world.serve_as(mode="batch", batch=Batch(instance_type="ml.m5.large"))
    world.refuses = TaskError(REJECTED_ERROR, "Rejected by ann: too old")
    before = world.things()

    ended = world.run(world.register(3))

    assert len(world.asked) == 1
    assert ended.last == "Failed"
    assert world.things() == before
