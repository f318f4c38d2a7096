"""Scaling policies: what makes a target's instance count grow and shrink."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from local_cloud.application_autoscaling.resources import (
    POLICY,
    ObjectNotFound,
    asked_for,
    check_scalable,
    described,
    find_target,
    identity,
    key,
    put,
)
from local_cloud.application_autoscaling.service import Action, AutoscalingService
from local_cloud.application_autoscaling.step_scaling import interval_faults
from local_cloud.json_api.errors import ApiError, ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.listing import page
from local_cloud.sagemaker.store import Document

TARGET_TRACKING, STEP = "TargetTrackingScaling", "StepScaling"
CONFIGURATIONS = {
    TARGET_TRACKING: "TargetTrackingScalingPolicyConfiguration",
    STEP: "StepScalingPolicyConfiguration",
}
PREDEFINED = "SageMakerVariantInvocationsPerInstance"
MOST_POLICIES = 50
"""The quota of scaling policies a target."""


def put_scaling_policy(service: AutoscalingService, request: Request) -> Response:
    """A policy that is there is replaced and keeps its ARN. Raises ApiError."""
    check_scalable(request)
    resource_id, name = request["ResourceId"], request["PolicyName"]
    find_target(service, resource_id)
    kind = _kind(request)
    configuration = request[CONFIGURATIONS[kind]]
    _refuse(_tracking_faults(configuration) if kind == TARGET_TRACKING else _step(configuration))
    known = service.store.find(POLICY, key(resource_id, name))
    if known is None:
        _check_quota(service, resource_id)
    document = {
        "PolicyARN": known["PolicyARN"] if known else _arn(service, resource_id, name),
        "PolicyName": name,
        **identity(resource_id),
        "PolicyType": kind,
        CONFIGURATIONS[kind]: configuration,
        "Alarms": [],
        "CreationTime": known["CreationTime"] if known else service.clock(),
    }
    put(service, POLICY, key(resource_id, name), document)
    return {"PolicyARN": document["PolicyARN"], "Alarms": []}


def _arn(service: AutoscalingService, resource_id: str, name: str) -> str:
    settings = service.settings
    return (
        f"arn:aws:autoscaling:{settings.region}:{settings.account_id}:scalingPolicy:"
        f"{uuid.uuid4()}:resource/sagemaker/{resource_id}:policyName/{name}"
    )


def _kind(request: Request) -> str:
    given = [kind for kind, member in CONFIGURATIONS.items() if member in request]
    kind = str(request.get("PolicyType", given[0] if len(given) == 1 else STEP))
    if kind not in CONFIGURATIONS:
        raise ValidationException(
            f"The local cloud does not have policies of type {kind}. "
            f"It has {' and '.join(CONFIGURATIONS)}."
        )
    if given != [kind]:
        raise ValidationException(
            f"A policy of type {kind} takes {CONFIGURATIONS[kind]} and no other configuration."
        )
    return kind


def _refuse(faults: Iterator[str]) -> None:
    found = list(faults)
    if found:
        raise ValidationException(" ".join(found))


def _check_quota(service: AutoscalingService, resource_id: str) -> None:
    policies = [one for one in service.store.list(POLICY) if one["ResourceId"] == resource_id]
    if len(policies) >= MOST_POLICIES:
        raise ApiError(
            "LimitExceededException",
            f"There are {MOST_POLICIES} scaling policies for {described(resource_id)} already.",
        )


def _tracking_faults(configuration: Mapping[str, Any]) -> Iterator[str]:
    if configuration["TargetValue"] <= 0:
        yield f"TargetValue is {configuration['TargetValue']}; it must be more than 0."
    predefined = configuration.get("PredefinedMetricSpecification")
    customized = configuration.get("CustomizedMetricSpecification")
    if (predefined is None) == (customized is None):
        yield (
            "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification "
            "must be given."
        )
    if predefined and predefined["PredefinedMetricType"] != PREDEFINED:
        yield (
            "In the local cloud scalable dimension sagemaker:variant:DesiredInstanceCount only "
            f"supports the following predefined metric types: {PREDEFINED}."
        )
    if customized and "Metrics" in customized:
        yield "The local cloud does not have metric math (CustomizedMetricSpecification.Metrics)."
    elif customized:
        lacking = [m for m in ("MetricName", "Namespace", "Statistic") if m not in customized]
        if lacking:
            yield f"CustomizedMetricSpecification lacks {', '.join(lacking)}."
    yield from _cooldown_faults(configuration, "ScaleInCooldown", "ScaleOutCooldown")


def _step(configuration: Mapping[str, Any]) -> Iterator[str]:
    if "AdjustmentType" not in configuration:
        yield "AdjustmentType must be given."
    yield from interval_faults(configuration.get("StepAdjustments", []))
    yield from _cooldown_faults(configuration, "Cooldown")


def _cooldown_faults(configuration: Mapping[str, Any], *members: str) -> Iterator[str]:
    for member in members:
        if configuration.get(member, 0) < 0:
            yield f"{member} is {configuration[member]}; it must be 0 or more seconds."


def describe_scaling_policies(service: AutoscalingService, request: Request) -> Response:
    check_scalable(request)
    found = asked_for(service, POLICY, request, name="PolicyName")
    return page(found, request, "ScalingPolicies")


def delete_scaling_policy(service: AutoscalingService, request: Request) -> Response:
    """Raises ObjectNotFound."""
    check_scalable(request)
    resource_id, name = request["ResourceId"], request["PolicyName"]
    find_policy(service, resource_id, name)
    service.store.delete(POLICY, key(resource_id, name))
    return {}


def find_policy(service: AutoscalingService, resource_id: str, name: str) -> Document:
    """Raises ObjectNotFound."""
    policy = service.store.find(POLICY, key(resource_id, name))
    if policy is None:
        raise ObjectNotFound(
            f"No scaling policy found for {described(resource_id)}, scaling policy name: {name}"
        )
    return policy


ACTIONS: dict[str, Action] = {
    "PutScalingPolicy": put_scaling_policy,
    "DescribeScalingPolicies": describe_scaling_policies,
    "DeleteScalingPolicy": delete_scaling_policy,
}
