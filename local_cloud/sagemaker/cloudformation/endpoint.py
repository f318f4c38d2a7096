"""AWS::SageMaker::Endpoint. A new configuration is an UpdateEndpoint, another name a replacement.

CloudFormation waits until the endpoint serves what the template says, and fails with its
FailureReason where it does not.
"""

from __future__ import annotations

from local_cloud.json_api.messages import Response
from local_cloud.sagemaker.cloudformation.errors import ProvisioningError, not_stabilized
from local_cloud.sagemaker.cloudformation.resource import Properties, Resource, ignore_missing
from local_cloud.sagemaker.cloudformation.waiting import settled, wait_until_gone

_AT_REST = ("InService", "Failed", "OutOfService", "UpdateRollbackFailed")


class EndpointResource(Resource):
    noun = "Endpoint"
    replacing = ("EndpointName",)
    properties = (
        "ExcludeRetainedVariantProperties",
        "RetainAllVariantProperties",
        "RetainDeploymentConfig",
    )

    def finish_creation(self, name: str, properties: Properties) -> None:
        try:
            described = self._settled(name)
            if described["EndpointStatus"] != "InService":
                raise not_stabilized(_reason(described))
        except ProvisioningError:
            # On AWS the roll-back deletes it; here CloudFormation never hears of this one.
            self.delete(name, properties)
            raise

    def change(self, name: str, old: Properties, new: Properties) -> None:
        """DeploymentConfig and its like take effect with the next new configuration."""
        if new["EndpointConfigName"] == old["EndpointConfigName"]:
            return
        request = self.request("UpdateEndpoint", {**new, "EndpointName": name})
        self._settled(name)
        self._call("UpdateEndpoint", request)
        described = self._settled(name)
        # An update that was rolled back ends InService as well, with the old configuration.
        served = described["EndpointConfigName"] == new["EndpointConfigName"]
        if described["EndpointStatus"] != "InService" or not served:
            raise not_stabilized(_reason(described))

    def delete(self, physical_id: str, properties: Properties) -> None:
        name = self.name_of(physical_id)

        def delete() -> None:
            self._settled(name)
            self._call("DeleteEndpoint", {"EndpointName": name})

        ignore_missing(delete)
        wait_until_gone(lambda: self._call("DescribeEndpoint", {"EndpointName": name}))

    def _settled(self, name: str) -> Response:
        return settled(
            lambda: self._call("DescribeEndpoint", {"EndpointName": name}),
            status="EndpointStatus",
            at_rest=_AT_REST,
        )


def _reason(described: Response) -> str:
    return str(
        described.get("FailureReason")
        or f"Endpoint {described['EndpointArn']} is {described['EndpointStatus']} with "
        f"configuration {described['EndpointConfigName']}."
    )
