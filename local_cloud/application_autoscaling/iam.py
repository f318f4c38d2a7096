"""Which permissions an action needs of its caller.

Application Auto Scaling asks for more than its own actions: it also checks that the caller may
do to the endpoint and to CloudWatch what it will do in the caller's name ("Permissions validation
for Application Auto Scaling API calls on target resources" of its user guide).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from local_cloud.application_autoscaling.policies import CONFIGURATIONS, TARGET_TRACKING
from local_cloud.application_autoscaling.resources import (
    DIMENSION,
    NAMESPACE,
    POLICY,
    check_scalable,
    key,
    variant,
)
from local_cloud.application_autoscaling.service import AutoscalingService
from local_cloud.application_autoscaling.targets import SERVICE_ROLE, SERVICE_ROLE_KIND
from local_cloud.json_api.api import Permission
from local_cloud.json_api.messages import Request
from local_cloud.sagemaker.hosting.scaled_variants import TARGET

PROBED_CONFIG = "endpoint-config/7f4e1944-1817-4891-9bef-e055a90787a4"
"""Application Auto Scaling tries DescribeEndpointConfig on a configuration that does not exist."""
SERVICE_PRINCIPAL = "sagemaker.application-autoscaling.amazonaws.com"


def permissions(service: AutoscalingService, action: str, request: Request) -> Iterator[Permission]:
    resource = "*" if action.startswith("Describe") else _target_arn(service, request)
    context = {
        "application-autoscaling:service-namespace": request.get("ServiceNamespace", NAMESPACE),
        "application-autoscaling:scalable-dimension": request.get("ScalableDimension", DIMENSION),
    }
    yield Permission(f"application-autoscaling:{action}", resource, context)
    if action == "RegisterScalableTarget":
        if request.get("Tags"):
            yield Permission("application-autoscaling:TagResource", resource, context)
        yield from _of_endpoint(service, request)
    if action == "PutScalingPolicy" and CONFIGURATIONS[TARGET_TRACKING] in request:
        yield from _of_alarms(service, request, "cloudwatch:PutMetricAlarm")
        yield Permission("cloudwatch:DescribeAlarms", "*", {})
    if action == "DeleteScalingPolicy" and _is_tracking(service, request):
        yield from _of_alarms(service, request, "cloudwatch:DeleteAlarms")


def _target_arn(service: AutoscalingService, request: Request) -> str:
    if "ResourceARN" in request:
        return str(request["ResourceARN"])
    target = service.store.find(TARGET, request.get("ResourceId", ""))
    # One that is not there yet has no id that a policy could name.
    return str(target["ScalableTargetARN"]) if target else service.arn("scalable-target/*")


def _of_endpoint(service: AutoscalingService, request: Request) -> Iterator[Permission]:
    check_scalable(request)
    settings = service.settings
    sagemaker = f"arn:aws:sagemaker:{settings.region}:{settings.account_id}"
    endpoint = f"{sagemaker}:endpoint/{variant(request['ResourceId']).endpoint}"
    yield Permission("sagemaker:DescribeEndpoint", endpoint, {})
    yield Permission("sagemaker:DescribeEndpointConfig", f"{sagemaker}:{PROBED_CONFIG}", {})
    yield Permission("sagemaker:UpdateEndpointWeightsAndCapacities", endpoint, {})
    if service.store.find(SERVICE_ROLE_KIND, SERVICE_ROLE) is None:
        role = f"arn:aws:iam::{settings.account_id}:{SERVICE_ROLE}"
        context: Mapping[str, str] = {"iam:AWSServiceName": SERVICE_PRINCIPAL}
        yield Permission("iam:CreateServiceLinkedRole", role, context)


def _of_alarms(service: AutoscalingService, request: Request, action: str) -> Iterator[Permission]:
    settings = service.settings
    name = f"TargetTracking-{request['ResourceId']}-AlarmHigh"
    arn = f"arn:aws:cloudwatch:{settings.region}:{settings.account_id}:alarm:{name}"
    yield Permission(action, arn, {})


def _is_tracking(service: AutoscalingService, request: Request) -> bool:
    policy = service.store.find(POLICY, key(request["ResourceId"], request["PolicyName"]))
    return policy is not None and policy["PolicyType"] == TARGET_TRACKING
