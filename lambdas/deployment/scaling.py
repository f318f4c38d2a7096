"""Keep what Application Auto Scaling knows of an endpoint as the settings say, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contracts.names import backlog_alarm_name
from contracts.serving import Serving
from contracts.traffic_split import NEW_VARIANT, OLD_VARIANT
from lambdas.deployment import scaling_requests as requests
from lambdas.deployment.endpoint import DELETING, FAILED, Endpoint, find_endpoint
from lambdas.shared.aws_errors import error_code, is_missing

_VARIANTS = (OLD_VARIANT, NEW_VARIANT)


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Of one endpoint. `autoscaling`, `cloudwatch` and `sagemaker` are boto3 clients.

    Every call may be made again: it goes by what is there.
    """

    serving: Serving
    endpoint_name: str
    autoscaling: Any
    cloudwatch: Any
    sagemaker: Any

    def settle(self) -> str:
        """Let the variants that serve be scaled as the settings say, and no others.

        Returns:
            What is scaled now, for people.

        Raises:
            ClientError: AWS refuses.
        """
        endpoint = find_endpoint(self.sagemaker, self.endpoint_name)
        serving = self._serving_variants(endpoint)
        for variant in _VARIANTS:
            if variant not in serving:
                self._release(variant)
        if not serving:
            self._delete_alarm()
            return "Nothing is scaled: there is no endpoint"
        for variant in serving:
            self._register(variant)
            self._put_policies(variant)
            self._put_floors(variant)
        low, high = requests.bounds(self.serving)
        return f"Scaled between {low} and {high} instances: {' and '.join(serving)}"

    def make_room(self, config: str) -> str:
        """Release the variants that the update to `config` takes away or changes the type of.

        SageMaker refuses to change the instance type of a variant that is a scalable target
        (developer guide, "Update endpoints that use auto scaling").

        Raises:
            ClientError: AWS refuses.
        """
        endpoint = find_endpoint(self.sagemaker, self.endpoint_name)
        if endpoint is None or not endpoint.config:
            return "There is nothing to make room in"
        before, after = self._types(endpoint.config), self._types(config)
        changed = [variant for variant in _VARIANTS if before.get(variant) != after.get(variant)]
        released = [variant for variant in changed if self._release(variant)]
        return f"Not scaled during the update: {' and '.join(released) or 'nothing'}"

    def stop(self) -> None:
        """Release everything. Raises ClientError."""
        for variant in _VARIANTS:
            self._release(variant)
        self._delete_alarm()

    def _serving_variants(self, endpoint: Endpoint | None) -> list[str]:
        if endpoint is None or endpoint.status in (DELETING, FAILED):
            return []
        return [variant for variant in _VARIANTS if variant in endpoint.weights]

    def _types(self, config: str) -> Mapping[str, str]:
        """Instance types of a configuration's variants; empty where it is gone."""
        try:
            described = self.sagemaker.describe_endpoint_config(EndpointConfigName=config)
        except ClientError as error:
            if is_missing(error):
                return {}
            raise
        return {
            each["VariantName"]: each.get("InstanceType", "")
            for each in described["ProductionVariants"]
        }

    def _register(self, variant: str) -> None:
        low, high = requests.bounds(self.serving)
        self.autoscaling.register_scalable_target(
            **requests.target(self.endpoint_name, variant),
            MinCapacity=self._floor_of_now(variant, low, high),
            MaxCapacity=high,
        )

    def _floor_of_now(self, variant: str, low: int, high: int) -> int:
        """A scheduled floor that holds now goes on; without floors, the fewest of the settings."""
        if not requests.floors(self.serving, endpoint=self.endpoint_name, variant=variant):
            return low
        target = requests.target(self.endpoint_name, variant)
        known = self.autoscaling.describe_scalable_targets(
            ServiceNamespace=target["ServiceNamespace"], ResourceIds=[target["ResourceId"]]
        )["ScalableTargets"]
        return min(max(known[0]["MinCapacity"], low), high) if known else low

    def _put_policies(self, variant: str) -> None:
        wanted = requests.policies(self.serving, endpoint=self.endpoint_name, variant=variant)
        for name, request in wanted.items():
            arn = self.autoscaling.put_scaling_policy(**request)["PolicyARN"]
            if requests.wakes_from_zero(name):
                self.cloudwatch.put_metric_alarm(**requests.backlog_alarm(self.endpoint_name, arn))
        if not any(map(requests.wakes_from_zero, wanted)):
            self._delete_alarm()
        target = requests.target(self.endpoint_name, variant)
        there = self.autoscaling.describe_scaling_policies(**target)["ScalingPolicies"]
        for policy in there:
            name = policy["PolicyName"]
            if name.startswith(requests.OURS) and name not in wanted:
                self.autoscaling.delete_scaling_policy(**target, PolicyName=name)

    def _put_floors(self, variant: str) -> None:
        wanted = requests.floors(self.serving, endpoint=self.endpoint_name, variant=variant)
        for request in wanted.values():
            self.autoscaling.put_scheduled_action(**request)
        target = requests.target(self.endpoint_name, variant)
        there = self.autoscaling.describe_scheduled_actions(**target)["ScheduledActions"]
        for action in there:
            name = action["ScheduledActionName"]
            if name.startswith(requests.OURS) and name not in wanted:
                self.autoscaling.delete_scheduled_action(**target, ScheduledActionName=name)

    def _release(self, variant: str) -> bool:
        """With the target go its policies and scheduled actions. False if there is none."""
        try:
            self.autoscaling.deregister_scalable_target(
                **requests.target(self.endpoint_name, variant)
            )
        except ClientError as error:
            if error_code(error) == "ObjectNotFoundException":
                return False
            raise
        return True

    def _delete_alarm(self) -> None:
        # CloudWatch takes the name of an alarm that is not there.
        self.cloudwatch.delete_alarms(AlarmNames=[backlog_alarm_name(self.endpoint_name)])
