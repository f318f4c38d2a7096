"""What to ask of Application Auto Scaling for an endpoint's variants, the same each time.

The metrics and the figures that AWS recommends are in "Autoscale an asynchronous endpoint" and
"Auto scaling policies" of the SageMaker developer guide.
"""

from __future__ import annotations

from typing import Any

from contracts.names import backlog_alarm_name
from contracts.serving import Asynchronous, Autoscaling, Serving

OURS = "rookery-"
"""Beginning of the names of policies and scheduled actions that are made here."""

_INVOCATIONS = f"{OURS}invocations"
_BACKLOG = f"{OURS}backlog"
_FIRST_REQUEST = f"{OURS}first-request"
_FLOOR = f"{OURS}floor-"

# For asynchronous endpoints, as in AWS's own example: requests wait there without harm.
_IN_COOLDOWN_SECONDS = 600
_OUT_COOLDOWN_SECONDS = 300


def target(endpoint: str, variant: str) -> dict[str, str]:
    """A variant's number of instances, as every call names it."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/{variant}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


def bounds(serving: Serving) -> tuple[int, int]:
    """The fewest and the most instances. Raises ValueError where nothing is scaled."""
    scaling = serving.autoscaling or serving.asynchronous
    if scaling is None:
        raise ValueError(f"nothing is scaled with mode {serving.mode} and no autoscaling")
    return scaling.min_instances, scaling.max_instances


def policies(serving: Serving, *, endpoint: str, variant: str) -> dict[str, dict[str, Any]]:
    """PutScalingPolicy by policy name."""
    found: dict[str, dict[str, Any]] = {}
    if serving.autoscaling is not None:
        found[_INVOCATIONS] = _tracking(_invocations(serving.autoscaling))
    if serving.asynchronous is not None:
        found[_BACKLOG] = _tracking(_backlog(serving.asynchronous, endpoint))
        if serving.asynchronous.min_instances == 0:
            found[_FIRST_REQUEST] = _first_request()
    return {
        name: {**target(endpoint, variant), "PolicyName": name, **policy}
        for name, policy in found.items()
    }


def floors(serving: Serving, *, endpoint: str, variant: str) -> dict[str, dict[str, Any]]:
    """PutScheduledAction by name."""
    each = serving.autoscaling.floors if serving.autoscaling is not None else ()
    return {
        f"{_FLOOR}{number}": {
            **target(endpoint, variant),
            "ScheduledActionName": f"{_FLOOR}{number}",
            "Schedule": floor.schedule,
            "Timezone": floor.timezone,
            "ScalableTargetAction": {"MinCapacity": floor.min_instances},
        }
        for number, floor in enumerate(each, start=1)
    }


def wakes_from_zero(policy: str) -> bool:
    """Whether an alarm of ours calls the policy: the others have alarms that AWS makes."""
    return policy == _FIRST_REQUEST


def backlog_alarm(endpoint: str, policy_arn: str) -> dict[str, Any]:
    """PutMetricAlarm: requests wait, and there is no instance."""
    return {
        "AlarmName": backlog_alarm_name(endpoint),
        "AlarmDescription": f"Requests wait for the endpoint {endpoint}, which has no instance",
        "Namespace": "AWS/SageMaker",
        "MetricName": "HasBacklogWithoutCapacity",
        "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "missing",
        "AlarmActions": [policy_arn],
    }


def _tracking(configuration: dict[str, Any]) -> dict[str, Any]:
    return {
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": configuration,
    }


def _invocations(scaling: Autoscaling) -> dict[str, Any]:
    return {
        "TargetValue": float(scaling.invocations_per_instance),
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
        "ScaleInCooldown": scaling.scale_in_cooldown_seconds,
        "ScaleOutCooldown": scaling.scale_out_cooldown_seconds,
        "DisableScaleIn": not scaling.scale_in,
    }


def _backlog(asynchronous: Asynchronous, endpoint: str) -> dict[str, Any]:
    return {
        "TargetValue": float(asynchronous.backlog_per_instance),
        "CustomizedMetricSpecification": {
            "Namespace": "AWS/SageMaker",
            "MetricName": "ApproximateBacklogSizePerInstance",
            "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
            "Statistic": "Average",
        },
        "ScaleInCooldown": _IN_COOLDOWN_SECONDS,
        "ScaleOutCooldown": _OUT_COOLDOWN_SECONDS,
    }


def _first_request() -> dict[str, Any]:
    # Of no instance there is no backlog per instance: without this policy the first requests
    # would wait until the backlog is longer than the target.
    return {
        "PolicyType": "StepScaling",
        "StepScalingPolicyConfiguration": {
            "AdjustmentType": "ChangeInCapacity",
            "MetricAggregationType": "Average",
            "Cooldown": _OUT_COOLDOWN_SECONDS,
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
        },
    }
