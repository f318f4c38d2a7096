"""The function `scale`, as the state machine and CloudFormation call it."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.serving import Autoscaling
from lambdas.deployment import handler
from tests.unit.lambdas.deployment_doubles import ENDPOINT, GROUP, SageMaker, serving
from tests.unit.lambdas.scaling_doubles import Alarms, AutoScaling
from tests.unit.lambdas.test_handlers import Context, connect

CONFIG = f"{GROUP}-v1-00000000"


@pytest.fixture
def autoscaling(monkeypatch: pytest.MonkeyPatch) -> AutoScaling:
    sagemaker, double = SageMaker(), AutoScaling()
    sagemaker.serve(CONFIG)
    connect(
        monkeypatch,
        handler,
        sagemaker=sagemaker.client(),
        application_autoscaling=double.client(),
        cloudwatch=Alarms(),
    )
    scaled = Autoscaling(min_instances=1, max_instances=3, invocations_per_instance=60)
    monkeypatch.setenv("ENDPOINT_NAME", ENDPOINT)
    monkeypatch.setenv("SERVING", serving(autoscaling=scaled).to_json())
    return double


def test_the_state_machine_is_told_what_is_scaled(autoscaling: AutoScaling) -> None:
    told = handler.scale({"do": "settle"}, Context())

    assert told == {"detail": "Scaled between 1 and 3 instances: AllTraffic"}
    assert len(autoscaling.targets) == 1


def test_the_state_machine_makes_room_for_a_configuration(autoscaling: AutoScaling) -> None:
    handler.scale({"do": "settle"}, Context())

    told = handler.scale({"do": "make_room", "config": CONFIG}, Context())

    assert told == {"detail": "Not scaled during the update: nothing"}
    assert len(autoscaling.targets) == 1


def test_cloudformation_ends_the_scaling(
    autoscaling: AutoScaling, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Any] = []
    monkeypatch.setattr(
        "lambdas.shared.custom_resource.answer", lambda event, reason: answers.append(reason)
    )
    handler.scale({"do": "settle"}, Context())

    assert handler.scale({"RequestType": "Create"}, Context()) is None
    assert len(autoscaling.targets) == 1
    handler.scale({"RequestType": "Delete"}, Context())

    assert autoscaling.targets == {}
    assert answers == [None, None]
