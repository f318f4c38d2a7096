"""The account's quotas of endpoint instances, where the state folder's file sets one.

"ResourceLimitExceeded" of CreateEndpoint, UpdateEndpoint and UpdateEndpointWeightsAndCapacities
in the SageMaker API reference. A rolling update, which needs a batch more than what serves, is
not held to them here.
"""

from __future__ import annotations

from collections import Counter

from local_cloud import instance_types
from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.hosting.plan import Plan, all_variants
from local_cloud.sagemaker.hosting.state import KIND
from local_cloud.sagemaker.service import SageMakerService

_PLANS = ("_serving", "_pending")
Instances = Counter[str]
"""Instance type -> how many."""


def more(plan: Plan, *, than: Plan | None = None) -> Instances:
    """What a plan takes, beyond what another one takes already."""
    return _instances(plan) - (_instances(than) if than is not None else Counter())


def check(service: SageMakerService, wanted: Instances) -> None:
    """Raises ApiError (ResourceLimitExceeded) where the account may not have so many more."""
    quotas = instance_types.read(service.settings.state_dir).quotas
    limited = {one: quotas[name] for one in wanted if (name := _quota(one)) in quotas}
    if not limited:
        return
    used = _used(service)
    for instance_type, limit in limited.items():
        if used[instance_type] + wanted[instance_type] > limit:
            raise ApiError(
                "ResourceLimitExceeded",
                f"The account-level service limit '{_quota(instance_type)}' is {limit} Instances, "
                f"with current utilization of {used[instance_type]} Instances and a request delta "
                f"of {wanted[instance_type]} Instances. Please use AWS Service Quotas to request "
                "an increase for this quota. If AWS Service Quotas is not available, contact AWS "
                "support to request an increase for this quota.",
            )


def _quota(instance_type: str) -> str:
    return instance_types.quota_name(instance_type)


def _instances(plan: Plan) -> Instances:
    counted: Instances = Counter()
    for variant in all_variants(plan):
        if "instance_type" in variant:
            counted[variant["instance_type"]] += variant["instances"]
    return counted


def _used(service: SageMakerService) -> Instances:
    """By the fleets of all endpoints, those included that are just coming up."""
    used: Instances = Counter()
    for endpoint in service.store.list(KIND):
        if endpoint["EndpointStatus"] != "Failed":
            for plan in _PLANS:
                used += _instances(endpoint[plan]) if plan in endpoint else Counter()
    return used
