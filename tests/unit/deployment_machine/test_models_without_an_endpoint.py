"""In mode batch an approval makes a model and records it as the champion; there is no endpoint."""

from __future__ import annotations

import pytest

from contracts.serving import Batch
from tests.unit.deployment_machine.world import World, arn_of
from tests.unit.lambdas.deployment_doubles import ENDPOINT


@pytest.fixture
def batch_world(world: World) -> World:
    world.serve_as(mode="batch", batch=Batch(instance_type="ml.m5.large"))
    return world


def approve(world: World, version: int) -> str:
    """The model's name."""
    ended = world.run(world.register(version))
    assert (ended.status, ended.last) == ("SUCCEEDED", "Live"), ended
    assert world.record is not None
    return world.record.champion.model


def test_an_approval_makes_a_model_records_it_and_makes_no_endpoint(batch_world: World) -> None:
    model = approve(batch_world, 3)
    assert batch_world.sagemaker.models == {model}
    assert not batch_world.sagemaker.configs
    assert not batch_world.sagemaker.endpoints
    assert batch_world.record is not None
    assert batch_world.record.champion.package == arn_of(3)
    assert batch_world.record.champion.deployed_at.endswith("Z")
    subject, message = batch_world.notices[0]
    assert subject == f"Answers batches: {model}"
    assert "the first model" in message


def test_the_models_of_the_last_three_deployments_are_kept(batch_world: World) -> None:
    models = [approve(batch_world, version) for version in (1, 2, 3, 4)]
    assert batch_world.sagemaker.models == set(models[1:])


def test_a_roll_back_by_hand_moves_the_record_back_and_rejects_what_answered(
    batch_world: World,
) -> None:
    old, new = approve(batch_world, 3), approve(batch_world, 4)
    ended = batch_world.run({"action": "roll_back"})
    assert ended.last == "Live", ended
    assert batch_world.record is not None
    assert batch_world.record.champion.model == old
    assert new not in batch_world.sagemaker.models
    package = batch_world.sagemaker.packages[arn_of(4)]
    assert package["ModelApprovalStatus"] == "Rejected"


def test_a_roll_back_to_a_model_that_is_gone_is_refused(batch_world: World) -> None:
    old = approve(batch_world, 3)
    approve(batch_world, 4)
    batch_world.sagemaker.models.remove(old)
    batch_world.sagemaker.packages_of.pop(old, None)
    ended = batch_world.run({"action": "roll_back"})
    assert ended.status == "FAILED"
    assert f"the model {old} of version 3 was deleted" in ended.cause


def test_a_model_that_cannot_be_made_leaves_the_champion(batch_world: World) -> None:
    model = approve(batch_world, 3)
    batch_world.breaks = {"CreateModel": ("SageMaker.SageMakerException", "no such image")}
    ended = batch_world.run(batch_world.register(4))
    assert ended.status == "FAILED"
    assert "no such image" in ended.cause
    assert batch_world.sagemaker.models == {model}
    assert batch_world.record is not None
    assert batch_world.record.champion.model == model
    assert batch_world.sagemaker.packages[arn_of(4)]["ModelApprovalStatus"] == "Rejected"


def test_an_execution_that_is_stopped_and_started_again_ends_right(batch_world: World) -> None:
    old = approve(batch_world, 3)
    event = batch_world.register(4)
    before = batch_world.remember()
    path = batch_world.run(event).path
    assert "CreateModel" in path
    for state in dict.fromkeys(path):
        batch_world.become(before)
        batch_world.stops_at = state
        assert batch_world.run(event).status != "SUCCEEDED", state
        batch_world.stops_at = ""
        ended = batch_world.run(event)
        assert (ended.status, ended.last) == ("SUCCEEDED", "Live"), (state, ended)
        assert batch_world.record is not None
        assert batch_world.record.champion.package == arn_of(4), state
        assert batch_world.sagemaker.models == {old, batch_world.record.champion.model}, state


def test_an_endpoint_from_another_mode_is_told_of(world: World) -> None:
    world.deploy(3)
    world.serve_as(mode="batch", batch=Batch(instance_type="ml.m5.large"))
    ended = world.run(world.register(4))
    assert ended.last == "Live", ended
    assert f"aws sagemaker delete-endpoint --endpoint-name {ENDPOINT}" in world.notices[-1][1]
