"""Application Auto Scaling's resource types in the local CloudFormation.

Return values as in the template reference: Ref of AWS::ApplicationAutoScaling::ScalableTarget is
``<resource id>|<dimension>|<namespace>`` (GetAtt Id: the same), Ref of
AWS::ApplicationAutoScaling::ScalingPolicy is its ARN (GetAtt Arn: the same).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_cloud.application_autoscaling.policies import CONFIGURATIONS
from local_cloud.application_autoscaling.resources import VARIANT
from local_cloud.json_api.api import JsonApi
from local_cloud.json_api.errors import ApiError, ValidationException
from local_cloud.json_api.template_values import typed
from local_cloud.ministack_bridge import ResourceHandlers

Provisioned = tuple[str, dict[str, Any]]
IDENTITY = ("ServiceNamespace", "ResourceId", "ScalableDimension")
TARGET_MEMBERS = (*IDENTITY, "MinCapacity", "MaxCapacity", "SuspendedState")


def resource_types(api: JsonApi) -> dict[str, ResourceHandlers]:
    """Both types, their handlers carrying out the service's own actions."""
    target, policy = ScalableTarget(api), ScalingPolicy(api)
    return {
        "AWS::ApplicationAutoScaling::ScalableTarget": ResourceHandlers(
            create=target.create,
            update=target.update,
            delete=target.delete,
            replacing=IDENTITY,
        ),
        "AWS::ApplicationAutoScaling::ScalingPolicy": ResourceHandlers(
            create=policy.create,
            update=policy.update,
            delete=policy.delete,
            replacing=("PolicyName", "ScalingTargetId", *IDENTITY),
        ),
    }


class ScalableTarget:
    def __init__(self, api: JsonApi) -> None:
        self._api = api

    def create(self, logical_id: str, properties: dict[str, Any], stack_name: str) -> Provisioned:
        self._register(properties)
        for action in properties.get("ScheduledActions") or []:
            self._put_action(properties, action)
        return _provisioned(properties)

    def update(
        self, physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str
    ) -> Provisioned:
        self._register(new)
        wanted = {one["ScheduledActionName"]: one for one in new.get("ScheduledActions") or []}
        for action in old.get("ScheduledActions") or []:
            name = action["ScheduledActionName"]
            if wanted.get(name) != action:
                # Put keeps what it is not given, so that one that changed is made anew.
                request = {**_identity(new), "ScheduledActionName": name}
                _ignore_missing(self._api, "DeleteScheduledAction", request)
            else:
                del wanted[name]
        for action in wanted.values():
            self._put_action(new, action)
        return _provisioned(new)

    def delete(self, physical_id: str, properties: dict[str, Any]) -> None:
        _ignore_missing(self._api, "DeregisterScalableTarget", identity_of(physical_id))

    def _register(self, properties: Mapping[str, Any]) -> None:
        given = {m: properties[m] for m in TARGET_MEMBERS if m in properties}
        given["SuspendedState"] = {
            "DynamicScalingInSuspended": False,
            "DynamicScalingOutSuspended": False,
            "ScheduledScalingSuspended": False,
            **given.get("SuspendedState", {}),
        }
        self._api.perform(
            "RegisterScalableTarget", _typed(self._api, "RegisterScalableTarget", given)
        )

    def _put_action(self, properties: Mapping[str, Any], action: Mapping[str, Any]) -> None:
        request = {**_identity(properties), **action}
        self._api.perform("PutScheduledAction", _typed(self._api, "PutScheduledAction", request))


class ScalingPolicy:
    def __init__(self, api: JsonApi) -> None:
        self._api = api

    def create(self, logical_id: str, properties: dict[str, Any], stack_name: str) -> Provisioned:
        members = (
            "PolicyName",
            "PolicyType",
            *CONFIGURATIONS.values(),
            "PredictiveScalingPolicyConfiguration",
        )
        given = {member: properties[member] for member in members if member in properties}
        request = {**_target_of(properties), **given}
        typed = _typed(self._api, "PutScalingPolicy", request)
        arn = str(self._api.perform("PutScalingPolicy", typed)["PolicyARN"])
        return arn, {"Arn": arn}

    def update(
        self, physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str
    ) -> Provisioned:
        return self.create(physical_id, new, stack_name)

    def delete(self, physical_id: str, properties: dict[str, Any]) -> None:
        request = {**_target_of(properties), "PolicyName": policy_name(physical_id)}
        _ignore_missing(self._api, "DeleteScalingPolicy", request)


def target_id(properties: Mapping[str, Any]) -> str:
    return "|".join(properties[m] for m in ("ResourceId", "ScalableDimension", "ServiceNamespace"))


def identity_of(physical_id: str) -> dict[str, str]:
    """Raises ValidationException."""
    parts = physical_id.split("|")
    if len(parts) != 3 or not VARIANT.match(parts[0]):
        raise ValidationException(f"'{physical_id}' is no id of a scalable target.")
    resource_id, dimension, namespace = parts
    return {
        "ServiceNamespace": namespace,
        "ResourceId": resource_id,
        "ScalableDimension": dimension,
    }


def policy_name(arn: str) -> str:
    return arn.partition(":policyName/")[2]


def _provisioned(properties: Mapping[str, Any]) -> Provisioned:
    return target_id(properties), {"Id": target_id(properties)}


def _identity(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {member: properties[member] for member in IDENTITY}


def _target_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A policy names its target by ScalingTargetId or by the three members."""
    if properties.get("ScalingTargetId"):
        return dict(identity_of(properties["ScalingTargetId"]))
    return _identity(properties)


def _typed(api: JsonApi, action: str, request: Mapping[str, Any]) -> dict[str, Any]:
    shape = api.model.operation(action).input_shape
    converted: dict[str, Any] = typed(shape, request)
    return converted


def _ignore_missing(api: JsonApi, action: str, request: Mapping[str, Any]) -> None:
    """CloudFormation counts a resource that somebody else deleted as deleted."""
    try:
        api.perform(action, request)
    except ApiError as error:
        if error.code != "ObjectNotFoundException":
            raise
