from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.serving import (
    Alarms,
    Autoscaling,
    Floor,
    Rollout,
    Serving,
    SplitSteps,
    Vpc,
    Winner,
)
from infra.serving_contract import serving_contract
from infra.settings import load_settings
from infra.settings.loading import environment_names
from infra.settings.serving import ServingSettings
from tests.unit.infra.test_serving_settings import GIVEN

CONFIG = Path(__file__).resolve().parents[3] / "config"


@pytest.mark.parametrize("environment", environment_names(CONFIG))
def test_the_shipped_settings_reach_the_functions_whole(environment: str) -> None:
    for workload in load_settings(CONFIG, environment).workloads:
        serving = serving_contract(workload.serving)

        assert Serving.parse(serving.to_json()) == serving
        assert serving.instance_type == workload.serving.instance_type
        assert serving.first_share == workload.serving.first_share


def test_defaults_are_in_place() -> None:
    serving = serving_contract(ServingSettings(**GIVEN))

    assert serving.rollout == Rollout()
    assert serving.alarms == Alarms(max_5xx_percent=1)
    assert (serving.mode, serving.update, serving.has_endpoint) == ("realtime", "replace", True)
    assert not serving.scales


def contract(**keys: Any) -> Serving:
    return serving_contract(ServingSettings(**GIVEN | keys))


def test_an_alarm_that_is_not_wanted_stays_away() -> None:
    serving = contract(alarms={"max_5xx_percent": None})

    assert Serving.parse(serving.to_json()).alarms == Alarms()


def test_every_section_has_the_names_of_the_settings() -> None:
    floor: dict[str, Any] = {"schedule": "cron(0 7 ? * MON-FRI *)", "min_instances": 2}
    bounds: dict[str, Any] = {
        "min_instances": 2,
        "max_instances": 3,
        "invocations_per_instance": 500,
    }

    serving = contract(
        instance_count=2,
        rollout={"strategy": "linear", "step_percent": 20},
        autoscaling={**bounds, "floors": [floor]},
        data_capture_percent=10,
        vpc={"subnets": ["subnet-0a1b2c3d"], "security_groups": ["sg-0a1b2c3d"]},
    )

    assert serving.rollout == Rollout(strategy="linear", step_percent=20, step_wait_seconds=300)
    assert serving.autoscaling == Autoscaling(**bounds, floors=(Floor(**floor, timezone="UTC"),))
    assert serving.vpc == Vpc(subnets=("subnet-0a1b2c3d",), security_groups=("sg-0a1b2c3d",))
    assert serving.data_capture_percent == 10
    assert serving.scales


def test_a_split_has_its_steps_and_its_winner() -> None:
    serving = contract(
        update="split", split_steps={"shares": [0.25, 0.5], "minutes": 60}, winner={}
    )

    assert serving.first_share == 0.1
    assert serving.split_steps == SplitSteps(shares=(0.25, 0.5), minutes=60)
    assert serving.winner == Winner(confidence=0.95, min_outcomes=200)
