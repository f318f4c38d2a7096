from __future__ import annotations

from typing import Any

import pytest

from lambdas.deployment import settings as deployment
from lambdas.intake import settings as intake
from lambdas.shared.environment import EnvironmentFaults
from lambdas.training import settings as training

ENVIRON = {
    "TABLE_NAME": "table",
    "STATE_MACHINE_ARN": "arn",
    "WORKLOADS": "birds, cats",
    "ALERT_TOPIC_ARN": "arn",
    "QUIET_SECONDS": "60",
    "MAX_WAIT_SECONDS": "3600",
    "DATA_BUCKET": "bucket",
    "ENVIRONMENT": "dev",
    "ENDPOINT_NAME": "endpoint",
    "MODEL_PACKAGE_GROUP": "group",
    "MODEL_ROLE_ARN": "arn",
    "SERVING": '{"instance_type": "ml.m5.large", "instance_count": 2, "first_share": 0.1}',
    "KMS_KEY_ARN": "",
    "ARTIFACT_BUCKET": "bucket",
    "OUTPUT_KEY_ARN": "arn",
    "ALARMS": "rookery-test-birds-wrong-answers",
    "BAKE_SECONDS": "30",
    "TIMEOUT_SECONDS": "900",
    "SUCCESS_TOPIC_ARN": "",
    "ERROR_TOPIC_ARN": "",
    "OUTCOME_BUCKET": "",
    "MODE": "realtime",
    "MAX_FAILURES": "0",
    "WORKLOAD": "birds",
    "CHAMPION_PARAMETER": "/rookery/dev/birds/champion",
}
ALL = [
    (intake.GatherSettings, 5),
    (intake.QuietSettings, 3),
    (intake.FreezeSettings, 3),
    (intake.ReleaseSettings, 1),
    (deployment.PlanSettings, 16),
    (deployment.SmokeTestSettings, 3),
    (deployment.CompareSettings, 4),
    (deployment.RollBackSettings, 1),
    (deployment.CleanUpSettings, 2),
    (deployment.ScaleSettings, 2),
    (training.NotifySettings, 3),
]


@pytest.mark.parametrize(("settings", "count"), ALL)
def test_every_missing_variable_is_reported_at_once(settings: Any, count: int) -> None:
    assert settings.read(ENVIRON)

    with pytest.raises(EnvironmentFaults) as caught:
        settings.read({})

    assert str(caught.value).count("is not set") == count


def test_names_of_workloads_are_parted_by_commas() -> None:
    assert intake.GatherSettings.read(ENVIRON).workloads == ("birds", "cats")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"QUIET_SECONDS": "soon"}, "QUIET_SECONDS='soon' is not a whole number"),
        ({"QUIET_SECONDS": "0"}, "QUIET_SECONDS=0 is less than 1"),
        ({"TABLE_NAME": ""}, "TABLE_NAME is empty"),
        ({"WORKLOADS": ","}, "WORKLOADS=',' names nothing"),
    ],
)
def test_a_value_of_another_form_is_shown(changes: dict[str, str], fault: str) -> None:
    with pytest.raises(EnvironmentFaults, match=fault):
        intake.GatherSettings.read({**ENVIRON, **changes})


def test_only_the_key_may_be_empty() -> None:
    assert deployment.PlanSettings.read(ENVIRON).kms_key_arn == ""
    with pytest.raises(EnvironmentFaults, match="MODEL_ROLE_ARN is empty"):
        deployment.PlanSettings.read({**ENVIRON, "MODEL_ROLE_ARN": ""})


def test_how_a_model_serves_is_one_document() -> None:
    assert deployment.PlanSettings.read(ENVIRON).serving.first_share == 0.1
    with pytest.raises(EnvironmentFaults) as caught:
        deployment.PlanSettings.read({**ENVIRON, "SERVING": "{}", "WORKLOAD": ""})

    for part in ("SERVING: ", "instance_type is missing", "WORKLOAD is empty"):
        assert part in str(caught.value)
