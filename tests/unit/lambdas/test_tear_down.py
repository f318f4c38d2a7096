from __future__ import annotations

import pytest

from lambdas.deployment.tear_down import TearDown
from lambdas.shared.custom_resource import Deadline, OutOfTimeError
from tests.unit.lambdas.deployment_doubles import (
    ENDPOINT,
    GROUP,
    PARAMETER,
    Logs,
    Parameters,
    SageMaker,
)

LIVE = f"{GROUP}-v3-0123abcd"
OWN = {LIVE, *(f"{GROUP}-v{version}-00000000" for version in range(1, 4))}
LOG_GROUP = f"/aws/sagemaker/Endpoints/{ENDPOINT}"
OTHERS = {f"{GROUP}-v2-v1-00000000", f"other-{GROUP}-v1-00000000", f"{GROUP}-v1-by-hand"}


class Time:
    """A clock that sleeping moves on, with the endpoint settling meanwhile."""

    def __init__(self, sagemaker: SageMaker, *, settles: bool = True) -> None:
        self.now = 0.0
        self._sagemaker = sagemaker
        self._settles = settles

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self._settles:
            self._sagemaker.settle()


def tear_down(
    sagemaker: SageMaker,
    time: Time,
    parameters: Parameters | None = None,
    *,
    log_group: str = LOG_GROUP,
    logs: Logs | None = None,
) -> list[str]:
    parameters = parameters or Parameters()
    return TearDown(
        endpoint_name=ENDPOINT,
        group=GROUP,
        champion_parameter=PARAMETER,
        sagemaker=sagemaker.client(),
        ssm=parameters.client(),
        log_group=log_group,
        logs=(logs or Logs()).client(),
        deadline=Deadline(60, lambda: time.now),
        sleep=time.sleep,
    ).run()


@pytest.mark.parametrize("status", ["InService", "Updating", "Creating", "Failed", "Deleting"])
def test_the_endpoint_and_all_that_deployments_made_goes_and_nothing_else(status: str) -> None:
    sagemaker = SageMaker()
    sagemaker.serve(LIVE, status)
    sagemaker.add(*OWN, *OTHERS)
    sagemaker.endpoints["other"] = {"EndpointStatus": "InService", "EndpointConfigName": "x"}

    assert tear_down(sagemaker, Time(sagemaker)) == sorted(OWN)

    assert list(sagemaker.endpoints) == ["other"]
    assert sagemaker.configs == sagemaker.models == OTHERS


def test_the_champion_record_goes_as_well() -> None:
    sagemaker, parameters = SageMaker(), Parameters({PARAMETER: "{}", "/other": "{}"})

    tear_down(sagemaker, Time(sagemaker), parameters)

    assert parameters.values == {"/other": "{}"}


@pytest.mark.parametrize(("log_group", "left"), [(LOG_GROUP, set()), ("", {LOG_GROUP})])
def test_the_log_goes_unless_the_environment_keeps_it(log_group: str, left: set[str]) -> None:
    sagemaker, logs = SageMaker(), Logs(LOG_GROUP, f"{LOG_GROUP}-other")

    tear_down(sagemaker, Time(sagemaker), log_group=log_group, logs=logs)

    assert logs.groups == {f"{LOG_GROUP}-other", *left}


def test_what_was_never_deployed_is_torn_down_too() -> None:
    sagemaker = SageMaker()

    assert tear_down(sagemaker, Time(sagemaker)) == []


def test_an_endpoint_that_does_not_go_in_time_keeps_its_models_and_says_so() -> None:
    sagemaker = SageMaker()
    sagemaker.serve(LIVE, "Updating")

    with pytest.raises(OutOfTimeError, match="Updating"):
        tear_down(sagemaker, Time(sagemaker, settles=False))

    assert sagemaker.models == {LIVE}
