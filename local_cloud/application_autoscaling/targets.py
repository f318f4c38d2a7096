"""Scalable targets: a variant of an endpoint with the bounds of its instance count."""

from __future__ import annotations

import uuid
from typing import Any

from local_cloud.application_autoscaling import activities
from local_cloud.application_autoscaling.resources import (
    POLICY,
    SCHEDULED_ACTION,
    check_scalable,
    find_target,
    identity,
    key,
    of_target,
    put,
    variant,
)
from local_cloud.application_autoscaling.service import Action, AutoscalingService
from local_cloud.json_api.errors import ApiError, ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.hosting.scaled_variants import TARGET
from local_cloud.sagemaker.listing import page
from local_cloud.sagemaker.store import Document, public

SERVICE_ROLE = (
    "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
SERVICE_ROLE_KIND = "service-linked-role"
"""In the store once the account has the role: only the first registration makes it."""
SUSPENSIONS = (
    "DynamicScalingInSuspended",
    "DynamicScalingOutSuspended",
    "ScheduledScalingSuspended",
)
BURSTABLE = ("ml.t2.", "ml.t3.")


def register_scalable_target(service: AutoscalingService, request: Request) -> Response:
    """A target that is there keeps what the request does not name. Raises ValidationException."""
    check_scalable(request)
    resource_id = request["ResourceId"]
    known = service.store.find(TARGET, resource_id)
    if known is not None and request.get("Tags"):
        raise ValidationException(
            "The scalable target that you tried to tag already exists. To update tags on an "
            "existing scalable target, use the TagResource API."
        )
    endpoint = _check_variant(service, resource_id)
    target = known or _new_target(service, resource_id, endpoint)
    target.update({m: request[m] for m in ("MinCapacity", "MaxCapacity") if m in request})
    target["SuspendedState"].update(request.get("SuspendedState", {}))
    _check_bounds(target)
    if request.get("Tags"):
        target["_tags"] = dict(request["Tags"])
    put(service, TARGET, resource_id, target)
    put(service, SERVICE_ROLE_KIND, SERVICE_ROLE, {"RoleARN": target["RoleARN"]})
    return {"ScalableTargetARN": target["ScalableTargetARN"]}


def _new_target(
    service: AutoscalingService, resource_id: str, endpoint: Response
) -> dict[str, Any]:
    target_id = uuid.uuid4().hex
    return {
        **identity(resource_id),
        "RoleARN": f"arn:aws:iam::{service.settings.account_id}:{SERVICE_ROLE}",
        "CreationTime": service.clock(),
        "SuspendedState": dict.fromkeys(SUSPENSIONS, False),
        "ScalableTargetARN": service.arn(f"scalable-target/{target_id}"),
        # The endpoint of this name that is made later is another one.
        "_endpoint_created": endpoint["CreationTime"],
    }


def _check_variant(service: AutoscalingService, resource_id: str) -> Response:
    """The endpoint; raises ValidationException where it cannot be scaled."""
    wanted = variant(resource_id)
    try:
        endpoint = service.sagemaker("DescribeEndpoint", {"EndpointName": wanted.endpoint})
    except ApiError as error:
        raise ValidationException(error.message) from error
    served = [one["VariantName"] for one in endpoint.get("ProductionVariants", [])]
    if wanted.name not in served:
        raise ValidationException(
            f"Endpoint {wanted.endpoint} ({endpoint['EndpointStatus']}) serves no variant "
            f"{wanted.name}; it serves: {', '.join(served) or 'none'}."
        )
    try:
        name = {"EndpointConfigName": endpoint["EndpointConfigName"]}
        config = service.sagemaker("DescribeEndpointConfig", name)
    except ApiError:
        # An endpoint outlives its configuration, and can be scaled without it.
        return endpoint
    _check_instances(config, wanted.name)
    return endpoint


def _check_instances(config: Response, name: str) -> None:
    entry: dict[str, Any] = next(
        (v for v in config["ProductionVariants"] if v["VariantName"] == name), {}
    )
    if "ServerlessConfig" in entry:
        raise ValidationException(
            f"Variant {name} is serverless: it has no instances to scale. SageMaker scales it, "
            "and its provisioned concurrency is another scalable dimension."
        )
    instance_type = str(entry.get("InstanceType", ""))
    if instance_type.startswith(BURSTABLE):
        raise ValidationException(
            f"Variant {name} runs on {instance_type}: automatic scaling does not support "
            "burstable instance types."
        )


def _check_bounds(target: Document) -> None:
    missing = [member for member in ("MinCapacity", "MaxCapacity") if member not in target]
    if missing:
        raise ValidationException(
            f"{' and '.join(missing)} must be given for a scalable target that is not there yet."
        )
    check_bounds(target["MinCapacity"], target["MaxCapacity"])


def check_bounds(low: int | None, high: int | None) -> None:
    """Raises ValidationException."""
    negative = [number for number in (low, high) if number is not None and number < 0]
    if negative:
        raise ValidationException(f"Capacity {negative[0]} is less than 0.")
    if low is not None and high is not None and low > high:
        raise ValidationException("Maximum capacity cannot be less than minimum capacity.")


def deregister_scalable_target(service: AutoscalingService, request: Request) -> Response:
    """Its policies and scheduled actions go as well. Raises ObjectNotFound."""
    check_scalable(request)
    find_target(service, request["ResourceId"])
    remove(service, request["ResourceId"])
    return {}


def remove(service: AutoscalingService, resource_id: str) -> None:
    """The target with all that belongs to it, but for the record of its activities."""
    with service.store.transaction():
        for kind, member in ((POLICY, "PolicyName"), (SCHEDULED_ACTION, "ScheduledActionName")):
            for document in of_target(service, kind, resource_id):
                service.store.delete(kind, key(resource_id, document[member]))
        activity = activities.in_progress(service, service.store.get(TARGET, resource_id))
        if activity is not None:
            message = "The scalable target was deregistered."
            activities.end(service, activity, "Unfulfilled", message)
        service.store.delete(TARGET, resource_id)


def describe_scalable_targets(service: AutoscalingService, request: Request) -> Response:
    check_scalable(request)
    wanted = request.get("ResourceIds")
    targets = [
        public(one)
        for one in service.store.list(TARGET)
        if not wanted or one["ResourceId"] in wanted
    ]
    return page(targets, request, "ScalableTargets")


ACTIONS: dict[str, Action] = {
    "RegisterScalableTarget": register_scalable_target,
    "DeregisterScalableTarget": deregister_scalable_target,
    "DescribeScalableTargets": describe_scalable_targets,
}
