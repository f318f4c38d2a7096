"""How the local cloud treats endpoints."""

from __future__ import annotations

from local_cloud.sagemaker.treatment.rules import Family, treatment, works
from local_cloud.sagemaker.treatment.shared import CREATED, LIST, MODIFIED

FAMILY = Family(
    title="Endpoints",
    actions={
        "CreateEndpoint": treatment(
            works("EndpointName", "EndpointConfigName", "Tags"),
            works("DeploymentConfig", note="checked and kept: updates can retain it"),
        ),
        "DescribeEndpoint": works("EndpointName"),
        "UpdateEndpoint": works(
            "EndpointName",
            "EndpointConfigName",
            "RetainAllVariantProperties",
            "ExcludeRetainedVariantProperties",
            "DeploymentConfig",
            "RetainDeploymentConfig",
        ),
        "UpdateEndpointWeightsAndCapacities": works("EndpointName", "DesiredWeightsAndCapacities"),
        "ListEndpoints": works(*LIST, *CREATED, *MODIFIED, "NameContains", "StatusEquals"),
        "DeleteEndpoint": works("EndpointName"),
    },
)
