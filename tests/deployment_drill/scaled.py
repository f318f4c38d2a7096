"""What Application Auto Scaling knows of an endpoint, and how many instances that one has."""

from __future__ import annotations

import time
from dataclasses import dataclass

from contracts.traffic_split import OLD_VARIANT
from demo.cloud import Cloud

POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Scaled:
    """The variant that serves an endpoint alone."""

    cloud: Cloud
    endpoint: str

    def registered(self) -> str:
        """`<fewest> to <most>: <policies>`, or `nothing` where it is no scalable target."""
        scaling = self.cloud.client("application-autoscaling")
        resource = f"endpoint/{self.endpoint}/variant/{OLD_VARIANT}"
        targets = scaling.describe_scalable_targets(
            ServiceNamespace="sagemaker", ResourceIds=[resource]
        )["ScalableTargets"]
        if not targets:
            return "nothing"
        policies = scaling.describe_scaling_policies(
            ServiceNamespace="sagemaker", ResourceId=resource
        )["ScalingPolicies"]
        names = sorted(policy["PolicyName"] for policy in policies)
        (target,) = targets
        return f"{target['MinCapacity']} to {target['MaxCapacity']}: {', '.join(names)}"

    def instances(self) -> int:
        described = self.cloud.client("sagemaker").describe_endpoint(EndpointName=self.endpoint)
        return sum(each["CurrentInstanceCount"] for each in described["ProductionVariants"])

    def await_instances(self, wanted: int, *, within: float) -> int:
        """How many there are once they are as many as wanted, or when the seconds are over."""
        deadline = time.monotonic() + within
        while (found := self.instances()) != wanted and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        return found
