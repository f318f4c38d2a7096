from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

from contracts.serving import Asynchronous, Autoscaling, Floor, Serving
from lambdas.deployment.scaling import Scaling
from lambdas.deployment.scaling_requests import backlog_alarm, bounds
from tests.unit.lambdas.deployment_doubles import ENDPOINT, GROUP, SageMaker, serving
from tests.unit.lambdas.scaling_doubles import Alarms, AutoScaling
from tests.unit.lambdas.wire import ServiceError

OLD = f"endpoint/{ENDPOINT}/variant/AllTraffic"
NEW = f"endpoint/{ENDPOINT}/variant/Challenger"
CONFIG = f"{GROUP}-v1-00000000"
ALARM = f"{ENDPOINT}-backlog"

MORNING = Floor(schedule="cron(0 7 ? * MON-FRI *)", timezone="Europe/Berlin", min_instances=3)
EVENING = Floor(schedule="cron(0 19 * * ? *)", timezone="UTC", min_instances=1)


def scaled(**changes: Any) -> Serving:
    given: dict[str, Any] = {
        "min_instances": 1,
        "max_instances": 4,
        "invocations_per_instance": 600,
        **changes,
    }
    return serving(autoscaling=Autoscaling(**given))


def asynchronous(**changes: Any) -> Serving:
    given: dict[str, Any] = {"max_instances": 3, "backlog_per_instance": 5, **changes}
    return serving(mode="async", asynchronous=Asynchronous(**given))


@pytest.fixture
def sagemaker() -> SageMaker:
    return SageMaker()


@pytest.fixture
def autoscaling() -> AutoScaling:
    return AutoScaling()


@pytest.fixture
def alarms() -> Alarms:
    return Alarms()


@pytest.fixture
def scaling(sagemaker: SageMaker, autoscaling: AutoScaling, alarms: Alarms) -> Any:
    def of(told: Serving) -> Scaling:
        return Scaling(
            serving=told,
            endpoint_name=ENDPOINT,
            autoscaling=autoscaling.client(),
            cloudwatch=alarms,
            sagemaker=sagemaker.client(),
        )

    return of


def test_an_endpoint_is_scaled_by_the_requests_that_an_instance_gets(
    sagemaker: SageMaker, autoscaling: AutoScaling, scaling: Any
) -> None:
    sagemaker.serve(CONFIG)

    told = scaling(scaled(scale_in=False)).settle()

    assert told == "Scaled between 1 and 4 instances: AllTraffic"
    assert autoscaling.targets[OLD] == {
        "ServiceNamespace": "sagemaker",
        "ResourceId": OLD,
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "MinCapacity": 1,
        "MaxCapacity": 4,
    }
    (policy,) = autoscaling.policies[OLD].values()
    assert policy["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 600,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
        "ScaleInCooldown": 300,
        "ScaleOutCooldown": 60,
        "DisableScaleIn": True,
    }


def test_settling_again_changes_nothing(
    sagemaker: SageMaker, autoscaling: AutoScaling, scaling: Any
) -> None:
    sagemaker.serve(CONFIG)
    scaling(scaled(floors=(MORNING,))).settle()
    before = (dict(autoscaling.targets), dict(autoscaling.policies), dict(autoscaling.actions))

    scaling(scaled(floors=(MORNING,))).settle()

    assert (autoscaling.targets, autoscaling.policies, autoscaling.actions) == before


def test_floors_come_at_their_times_and_those_that_are_gone_are_removed(
    sagemaker: SageMaker, autoscaling: AutoScaling, scaling: Any
) -> None:
    sagemaker.serve(CONFIG)
    autoscaling.RegisterScalableTarget({"ResourceId": OLD, "MinCapacity": 1})
    autoscaling.actions[OLD]["by-hand"] = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": OLD,
        "ScheduledActionName": "by-hand",
        "Schedule": "rate(1 hour)",
    }
    scaling(scaled(floors=(MORNING, EVENING))).settle()
    first = autoscaling.actions[OLD]["rookery-floor-1"]
    assert first["Schedule"] == MORNING.schedule
    assert first["Timezone"] == "Europe/Berlin"
    assert first["ScalableTargetAction"] == {"MinCapacity": 3}

    scaling(scaled(floors=(EVENING,))).settle()

    assert set(autoscaling.actions[OLD]) == {"rookery-floor-1", "by-hand"}
    assert autoscaling.actions[OLD]["rookery-floor-1"]["Schedule"] == EVENING.schedule


@pytest.mark.parametrize(("holds", "after"), [(3, 3), (9, 4), (0, 1)])
def test_a_floor_that_holds_outlasts_a_deployment_within_the_bounds(
    sagemaker: SageMaker, autoscaling: AutoScaling, scaling: Any, holds: int, after: int
) -> None:
    sagemaker.serve(CONFIG)
    scaling(scaled(floors=(MORNING,))).settle()
    autoscaling.targets[OLD]["MinCapacity"] = holds

    scaling(scaled(floors=(MORNING,))).settle()

    assert autoscaling.targets[OLD]["MinCapacity"] == after


def test_without_floors_the_bounds_are_those_of_the_settings(
    sagemaker: SageMaker, autoscaling: AutoScaling, scaling: Any
) -> None:
    sagemaker.serve(CONFIG)
    scaling(scaled()).settle()

    scaling(scaled(min_instances=2)).settle()

    assert autoscaling.targets[OLD]["MinCapacity"] == 2


def test_an_asynchronous_endpoint_wakes_from_zero_by_an_alarm(
    sagemaker: SageMaker, autoscaling: AutoScaling, alarms: Alarms, scaling: Any
) -> None:
    sagemaker.serve(CONFIG)

    scaling(asynchronous()).settle()

    assert autoscaling.targets[OLD]["MinCapacity"] == 0
    assert set(autoscaling.policies[OLD]) == {"rookery-backlog", "rookery-first-request"}
    assert alarms.there[ALARM]["MetricName"] == "HasBacklogWithoutCapacity"
    assert alarms.there[ALARM]["AlarmActions"] == ["arn:rookery-first-request"]

    scaling(asynchronous(min_instances=1)).settle()

    assert set(autoscaling.policies[OLD]) == {"rookery-backlog"}
    assert alarms.there == {}


def test_both_models_of_a_split_are_scaled_and_the_one_that_is_gone_is_released(
    sagemaker: SageMaker, autoscaling: AutoScaling, scaling: Any
) -> None:
    sagemaker.serve(CONFIG)
    sagemaker.weigh(CONFIG, {"AllTraffic": 0.9, "Challenger": 0.1})
    assert scaling(scaled()).settle().endswith("AllTraffic and Challenger")
    assert set(autoscaling.targets) == {OLD, NEW}

    sagemaker.weigh(CONFIG, {"AllTraffic": 1})
    scaling(scaled()).settle()

    assert set(autoscaling.targets) == {OLD}


@pytest.mark.parametrize("status", [None, "Deleting", "Failed"])
def test_without_an_endpoint_nothing_is_scaled(
    sagemaker: SageMaker,
    autoscaling: AutoScaling,
    alarms: Alarms,
    scaling: Any,
    status: str | None,
) -> None:
    sagemaker.serve(CONFIG)
    scaling(asynchronous()).settle()
    if status is None:
        sagemaker.endpoints.clear()
    else:
        sagemaker.serve(CONFIG, status)

    assert "there is no endpoint" in scaling(asynchronous()).settle()

    assert (autoscaling.targets, alarms.there) == ({}, {})


def configured(sagemaker: SageMaker, name: str, **types: str) -> None:
    """Let a configuration with these instance types by variant be there."""
    sagemaker.add(name)
    sagemaker.split_configs[name] = {
        "EndpointConfigName": name,
        "ProductionVariants": [
            {
                "VariantName": variant,
                "ModelName": "m",
                "InstanceType": instance_type,
                "InitialVariantWeight": 1.0,
            }
            for variant, instance_type in types.items()
        ],
    }


@pytest.mark.parametrize(
    ("types", "left"),
    [
        ({"AllTraffic": "ml.m5.large", "Challenger": "ml.m5.large"}, {OLD, NEW}),
        ({"AllTraffic": "ml.m5.large"}, {OLD}),
        ({"AllTraffic": "ml.c5.large", "Challenger": "ml.m5.large"}, {NEW}),
    ],
)
def test_room_is_made_for_what_an_update_takes_away_or_gives_another_type(
    sagemaker: SageMaker,
    autoscaling: AutoScaling,
    scaling: Any,
    types: dict[str, str],
    left: set[str],
) -> None:
    configured(sagemaker, CONFIG, AllTraffic="ml.m5.large", Challenger="ml.m5.large")
    configured(sagemaker, f"{GROUP}-v2-00000000", **types)
    sagemaker.serve(CONFIG)
    scaling(scaled()).settle()

    told = scaling(scaled()).make_room(f"{GROUP}-v2-00000000")

    assert set(autoscaling.targets) == left
    assert told.startswith("Not scaled during the update: ")


def test_there_is_no_room_to_be_made_before_the_first_deployment(scaling: Any) -> None:
    assert scaling(scaled()).make_room(CONFIG) == "There is nothing to make room in"


def test_the_end_of_scaling_leaves_nothing(
    sagemaker: SageMaker, autoscaling: AutoScaling, alarms: Alarms, scaling: Any
) -> None:
    sagemaker.serve(CONFIG)
    scaling(asynchronous()).settle()

    scaling(asynchronous()).stop()
    scaling(asynchronous()).stop()

    assert (autoscaling.targets, alarms.there) == ({}, {})


def test_what_aws_refuses_for_another_reason_is_raised(
    sagemaker: SageMaker, autoscaling: AutoScaling, scaling: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(request: dict[str, Any]) -> dict[str, Any]:
        raise ServiceError("ConcurrentUpdateException", "Concurrent updates caused an exception")

    sagemaker.serve(CONFIG)
    monkeypatch.setattr(autoscaling, "DeregisterScalableTarget", refuse)

    with pytest.raises(ClientError, match="ConcurrentUpdate"):
        scaling(scaled()).stop()


def test_cloudwatch_takes_the_alarm() -> None:
    model = boto3.client("cloudwatch", region_name="eu-west-1").meta.service_model
    shape = model.operation_model("PutMetricAlarm").input_shape

    validate_parameters(backlog_alarm(ENDPOINT, "arn:policy"), shape)


def test_what_is_not_scaled_has_no_bounds() -> None:
    with pytest.raises(ValueError, match="nothing is scaled with mode realtime"):
        bounds(serving())
