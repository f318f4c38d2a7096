"""Whether the account may run the instances, and the region has them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contracts.serving import Serving
from lambdas.deployment.endpoint import find_endpoint
from lambdas.deployment.findings import Findings, fault, note
from lambdas.shared.aws_errors import error_code, is_missing

_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """Checks one endpoint. `sagemaker`, `quotas` (Service Quotas) and `ec2` are boto3 clients.

    Attributes:
        endpoints: names of all endpoints of the environment, this one among them; those of other
            projects in the account are not known and not counted.
    """

    sagemaker: Any
    quotas: Any
    ec2: Any
    serving: Serving
    endpoint_name: str
    endpoints: Sequence[str]

    def check(self, plan: Mapping[str, Any]) -> Findings:
        """Check what a plan starts. A serverless endpoint has no instances. Raises ClientError."""
        if self.serving.mode not in ("realtime", "async"):
            return Findings()
        return self._quota(plan) + self._offered()

    def _quota(self, plan: Mapping[str, Any]) -> Findings:
        kind = self.serving.instance_type
        name = f"{kind} for endpoint usage"
        try:
            pages = self.quotas.get_paginator("list_service_quotas").paginate(
                ServiceCode="sagemaker"
            )
            values = (
                each["Value"]
                for page in pages
                for each in page["Quotas"]
                if each["QuotaName"] == name
            )
            quota = next(values, None)
        except ClientError as error:
            if error_code(error) in _DENIED:
                return note("Not checked: the account's quotas may not be read")
            raise
        if quota is None:
            return note(f"Not checked: Service Quotas lists no quota {name!r}")
        running = {endpoint: self._instances(endpoint) for endpoint in self.endpoints}
        new = self._new_instances(plan, running=running.get(self.endpoint_name, 0))
        needed = new + sum(running.values())
        if needed <= quota:
            return Findings()
        there = ", ".join(f"{count} of {each}" for each, count in running.items() if count)
        return fault(
            f"the quota {name!r} is {quota:g} and {needed} are needed: {new} new ones beside "
            f"{there or 'none'}; ask for a greater quota in the console of Service Quotas, or set "
            "fewer instances or another type in the workload's YAML"
        )

    def _new_instances(self, plan: Mapping[str, Any], *, running: int) -> int:
        """What the plan starts beside the `running` instances of this endpoint, at most at once."""
        if not plan["update"]:
            return 0
        alone = self._started(plan["endpoint"], plan.get("endpoint_config"))
        if not plan["shadow"]:
            return alone
        # Both stay until the new model serves alone beside them.
        with_shadow = self._started(plan["shadow"]["endpoint"], plan["shadow"]["config"])
        return with_shadow + max(0, alone - running)

    def _started(self, request: Mapping[str, Any], config: Mapping[str, Any] | None) -> int:
        """What CreateEndpoint or UpdateEndpoint starts before it stops anything: all instances of
        the configuration, which is described where the plan does not make it, or a first batch."""
        config = config or self._config(request["EndpointConfigName"])
        keeps = request.get("RetainAllVariantProperties", False)
        endpoint = find_endpoint(self.sagemaker, self.endpoint_name) if keeps else None
        fleet = self._of_type(config, endpoint.instances if endpoint else {})
        rolling = request.get("DeploymentConfig", {}).get("RollingUpdatePolicy")
        if rolling is None:
            return fleet
        percent: int = rolling["MaximumBatchSize"]["Value"]
        return math.ceil(fleet * percent / 100)

    def _instances(self, name: str) -> int:
        """Instances of the type that an endpoint has now."""
        endpoint = find_endpoint(self.sagemaker, name)
        if endpoint is None or not endpoint.config:
            return 0
        return self._of_type(self._config(endpoint.config), endpoint.instances)

    def _config(self, name: str) -> Mapping[str, Any]:
        """The endpoint configuration; {} where it is gone."""
        try:
            found: Mapping[str, Any] = self.sagemaker.describe_endpoint_config(
                EndpointConfigName=name
            )
        except ClientError as error:
            if is_missing(error):
                return {}
            raise
        return found

    def _of_type(self, config: Mapping[str, Any], counts: Mapping[str, int]) -> int:
        """Instances of the type that a configuration's variants, the shadow among them, have;
        `counts` says how many a variant has now."""
        variants = (
            *config.get("ProductionVariants", ()),
            *config.get("ShadowProductionVariants", ()),
        )
        return sum(
            counts.get(each["VariantName"], each.get("InitialInstanceCount", 0))
            for each in variants
            if each.get("InstanceType") == self.serving.instance_type
        )

    def _offered(self) -> Findings:
        kind = self.serving.instance_type.removeprefix("ml.")
        if kind not in self._known_to_ec2():
            return note(f"Not checked: EC2 knows no type {kind}, so its zones are not known")
        try:
            pages = self.ec2.get_paginator("describe_instance_type_offerings").paginate(
                LocationType="availability-zone",
                Filters=[{"Name": "instance-type", "Values": [kind]}],
            )
            zones = [each["Location"] for page in pages for each in page["InstanceTypeOfferings"]]
        except ClientError as error:
            if error_code(error) in _DENIED:
                return note("Not checked: the zones of instance types may not be read")
            raise
        if zones:
            return Findings()
        return fault(
            f"no zone of {self.ec2.meta.region_name} offers {kind}: set another instance_type in "
            "the workload's YAML, or deploy to another region"
        )

    def _known_to_ec2(self) -> frozenset[str]:
        """Types in boto3's own description of EC2."""
        return frozenset(self.ec2.meta.service_model.shape_for("InstanceType").enum)
