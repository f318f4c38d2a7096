from __future__ import annotations

from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from local_cloud.application_autoscaling import cloudformation
from local_cloud.json_api.errors import ApiError
from tests.unit.local_cloud.autoscaling.conftest import (
    DIMENSION,
    IDENTITY,
    TRACKING,
    VARIANT,
    Bench,
)
from tests.unit.local_cloud.sagemaker_doubles import assert_shape

SCHEDULED = {
    "ScheduledActionName": "day",
    "Schedule": "cron(0 8 * * ? *)",
    "ScalableTargetAction": {"MinCapacity": 2},
}


def test_what_is_described_has_the_shapes_of_aws(bench: Bench) -> None:
    bench.register(Tags={"stage": "dev"})
    bench.track()
    bench("PutScheduledAction", **SCHEDULED)
    bench.metrics.values["InvocationsPerInstance"] = 120.0
    bench.scaler.look()
    for action in (
        "DescribeScalableTargets",
        "DescribeScalingPolicies",
        "DescribeScheduledActions",
        "DescribeScalingActivities",
    ):
        answer = bench(action)
        assert_shape(answer, bench.api.model.operation(action).output_shape)
        (described,) = next(iter(answer.values()))
        assert described["ResourceId"] == VARIANT
        assert not [name for name in described if name.startswith("_")]


def test_registering_again_changes_only_what_is_named(bench: Bench) -> None:
    arn = bench.register(1, 4, SuspendedState={"DynamicScalingInSuspended": True})
    assert bench("RegisterScalableTarget", MaxCapacity=8) == {"ScalableTargetARN": arn}
    target = bench.target()
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 8)
    assert target["SuspendedState"]["DynamicScalingInSuspended"] is True


def test_deregistering_takes_policies_and_scheduled_actions_along(bench: Bench) -> None:
    bench.register()
    bench.track()
    bench("PutScheduledAction", **SCHEDULED)
    bench("DeregisterScalableTarget")
    for action in (
        "DescribeScalableTargets",
        "DescribeScalingPolicies",
        "DescribeScheduledActions",
    ):
        assert next(iter(bench(action).values())) == []


def test_a_policy_that_is_put_again_keeps_its_arn(bench: Bench) -> None:
    bench.register()
    bench.track()
    (before,) = bench("DescribeScalingPolicies")["ScalingPolicies"]
    bench.track(TargetValue=70.0)
    (after,) = bench("DescribeScalingPolicies")["ScalingPolicies"]
    assert after["PolicyARN"] == before["PolicyARN"]
    assert after["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 70.0
    assert f":resource/sagemaker/{VARIANT}:policyName/follow" in after["PolicyARN"]


def test_tags_of_a_target_are_kept_changed_and_removed(bench: Bench) -> None:
    arn = bench.register(Tags={"stage": "dev", "team": "birds"})
    perform = bench.api.perform
    perform("TagResource", {"ResourceARN": arn, "Tags": {"stage": "prod"}})
    perform("UntagResource", {"ResourceARN": arn, "TagKeys": ["team"]})
    assert perform("ListTagsForResource", {"ResourceARN": arn}) == {"Tags": {"stage": "prod"}}
    with pytest.raises(ApiError, match="already exists"):
        bench.register(Tags={"stage": "dev"})


TRACK: dict[str, Any] = {
    "PolicyName": "follow",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": TRACKING,
}


def configured(**changes: Any) -> dict[str, Any]:
    return {**TRACK, "TargetTrackingScalingPolicyConfiguration": {**TRACKING, **changes}}


@pytest.mark.parametrize(
    ("action", "request_members", "code", "fault"),
    [
        ("RegisterScalableTarget", {"MinCapacity": 1}, "ValidationException", "MaxCapacity must"),
        (
            "RegisterScalableTarget",
            {"MinCapacity": 3, "MaxCapacity": 2},
            "ValidationException",
            "Maximum capacity cannot be less than minimum capacity",
        ),
        (
            "RegisterScalableTarget",
            {"MinCapacity": 1, "MaxCapacity": 2, "ResourceId": "endpoint/gone/variant/AllTraffic"},
            "ValidationException",
            "Could not find endpoint",
        ),
        (
            "RegisterScalableTarget",
            {"MinCapacity": 1, "MaxCapacity": 2, "ResourceId": "endpoint/birds/variant/other"},
            "ValidationException",
            "serves no variant other; it serves: AllTraffic",
        ),
        (
            "RegisterScalableTarget",
            {"MinCapacity": 1, "MaxCapacity": 2, "ResourceId": "service/cluster/web"},
            "ValidationException",
            "Unsupported service namespace",
        ),
        (
            "RegisterScalableTarget",
            {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"},
            "ValidationException",
            "does not have ecs:service:DesiredCount",
        ),
        (
            "RegisterScalableTarget",
            {"ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency"},
            "ValidationException",
            "does not have sagemaker:variant:DesiredProvisionedConcurrency",
        ),
        (
            "RegisterScalableTarget",
            {"MinCapacity": "one"},
            "SerializationException",
            "STRING_VALUE can not be converted to an Integer",
        ),
        (
            "DeregisterScalableTarget",
            {},
            "ObjectNotFoundException",
            f"No scalable target registered for .*resource ID: {VARIANT}",
        ),
        ("PutScalingPolicy", TRACK, "ObjectNotFoundException", "No scalable target registered"),
        ("PutScheduledAction", SCHEDULED, "ObjectNotFoundException", "No scalable target"),
        ("GetPredictiveScalingForecast", {}, "ValidationException", "Member must not be null"),
    ],
)
def test_a_request_that_aws_would_refuse_is_refused_with_the_reason(
    bench: Bench, action: str, request_members: dict[str, Any], code: str, fault: str
) -> None:
    with pytest.raises(ApiError, match=fault) as caught:
        bench(action, **request_members)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("request_members", "fault"),
    [
        (configured(TargetValue=0.0), "TargetValue is 0.0; it must be more than 0"),
        (configured(ScaleInCooldown=-1), "ScaleInCooldown is -1"),
        (configured(CustomizedMetricSpecification={}), "Exactly one of"),
        (
            configured(
                PredefinedMetricSpecification={"PredefinedMetricType": "ALBRequestCountPerTarget"}
            ),
            "only supports the following predefined metric types: SageMakerVariantInvocations",
        ),
        ({"PolicyName": "x", "PolicyType": "PredictiveScaling"}, "of type PredictiveScaling"),
        ({"PolicyName": "x", "PolicyType": "StepScaling"}, "takes StepScalingPolicyConfiguration"),
    ],
)
def test_a_policy_that_cannot_scale_is_refused_with_the_reason(
    bench: Bench, request_members: dict[str, Any], fault: str
) -> None:
    bench.register()
    with pytest.raises(ApiError, match=fault):
        bench("PutScalingPolicy", **request_members)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"Schedule": "cron(0 8 * * *)"}, "Invalid schedule: cron takes 6 fields"),
        ({"Schedule": "at(2020-01-01T00:00:00)"}, "lies in the past"),
        ({"Timezone": "Mars/Olympus"}, "no time zone"),
        ({"ScalableTargetAction": {}}, "must give MinCapacity"),
        ({"StartTime": 2e9, "EndTime": 1e9}, "EndTime must be later"),
    ],
)
def test_a_schedule_that_cannot_come_is_refused_with_the_reason(
    bench: Bench, changes: dict[str, Any], fault: str
) -> None:
    bench.register()
    with pytest.raises(ApiError, match=fault):
        bench("PutScheduledAction", **{**SCHEDULED, **changes})


def test_burstable_instances_are_not_scaled(bench: Bench) -> None:
    bench.sagemaker.instance_type = "ml.t2.medium"
    with pytest.raises(ApiError, match="does not support burstable instance types"):
        bench.register()


def properties(**changes: Any) -> dict[str, Any]:
    return {**IDENTITY, "MinCapacity": "1", "MaxCapacity": "4", **changes}


def test_a_template_makes_changes_and_removes_a_target(bench: Bench) -> None:
    types = cloudformation.resource_types(bench.api)
    target = types["AWS::ApplicationAutoScaling::ScalableTarget"]
    first = properties(ScheduledActions=[SCHEDULED])
    ref, attributes = target.create("Target", first, "stack")
    assert ref == attributes["Id"] == f"{VARIANT}|{DIMENSION}|sagemaker"
    second = properties(MaxCapacity=6, ScheduledActions=[{**SCHEDULED, "Timezone": "Asia/Tokyo"}])
    assert target.update(ref, first, second, "stack")[0] == ref
    assert bench.target()["MaxCapacity"] == 6
    (action,) = bench("DescribeScheduledActions")["ScheduledActions"]
    assert action["Timezone"] == "Asia/Tokyo"
    target.delete(ref, second)
    target.delete(ref, second)
    assert bench("DescribeScalableTargets")["ScalableTargets"] == []


@pytest.mark.parametrize("noun", ["ScalableTarget", "ScalingPolicy"])
def test_what_cloudformation_replaces_is_replaced(bench: Bench, noun: str) -> None:
    name = f"AWS::ApplicationAutoScaling::{noun}"
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", name).schema
    replacing = {pointer.split("/")[2] for pointer in schema["createOnlyProperties"]}
    assert set(cloudformation.resource_types(bench.api)[name].replacing) == replacing


def test_a_template_names_the_target_of_a_policy_by_its_id(bench: Bench) -> None:
    bench.register()
    policy = cloudformation.resource_types(bench.api)["AWS::ApplicationAutoScaling::ScalingPolicy"]
    given: dict[str, Any] = {
        "PolicyName": "follow",
        "PolicyType": "TargetTrackingScaling",
        "ScalingTargetId": f"{VARIANT}|{DIMENSION}|sagemaker",
        "TargetTrackingScalingPolicyConfiguration": {**TRACKING, "TargetValue": "40"},
    }
    ref, attributes = policy.create("Policy", given, "stack")
    assert attributes == {"Arn": ref}
    changed = {**given, "TargetTrackingScalingPolicyConfiguration": TRACKING}
    assert policy.update(ref, given, changed, "stack")[0] == ref
    policy.delete(ref, changed)
    assert bench("DescribeScalingPolicies")["ScalingPolicies"] == []
