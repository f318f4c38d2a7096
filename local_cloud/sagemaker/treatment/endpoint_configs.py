"""How the local cloud treats endpoint configurations."""

from __future__ import annotations

from local_cloud.sagemaker.treatment.rules import (
    Family,
    below,
    ignored,
    refused,
    treatment,
    works,
)
from local_cloud.sagemaker.treatment.shared import CREATED, DISK, LIST, NETWORK, ONE_MACHINE

NO_COMPONENTS = "the local cloud has no inference components: give each variant a ModelName"

_VARIANT = treatment(
    works("VariantName", "ModelName", "InitialInstanceCount", "InitialVariantWeight"),
    works("ContainerStartupHealthCheckTimeoutInSeconds", "ModelDataDownloadTimeoutInSeconds"),
    ignored(f"{ONE_MACHINE}, and counts against the quotas of instance-types.toml", "InstanceType"),
    works("ServerlessConfig.MaxConcurrency", "ServerlessConfig.ProvisionedConcurrency"),
    ignored("it is checked and bounds nothing", "ServerlessConfig.MemorySizeInMB"),
    ignored(DISK, "VolumeSizeInGB"),
    ignored("an instance is there in seconds", "VariantInstanceProvisionTimeoutInSeconds"),
    ignored("the server's files lie in the state folder", "EnableSSMAccess"),
    works("RoutingConfig"),
    ignored(
        "a request goes to the instance that has the fewest under way",
        "RoutingConfig.RoutingStrategy",
        values=("RANDOM", "PREFIX_AWARE"),
    ),
    ignored("there is no machine image", "InferenceAmiVersion"),
    ignored("there is no capacity to reserve", "CapacityReservationConfig"),
    refused("the local cloud has no managed instance scaling", "ManagedInstanceScaling"),
    refused("the local cloud has no instance pools", "InstancePools"),
    refused("the local cloud uploads no core dumps", "CoreDumpConfig"),
    refused("the local cloud has no Elastic Inference", "AcceleratorType"),
)

FAMILY = Family(
    title="Endpoint configurations",
    actions={
        "CreateEndpointConfig": treatment(
            works("EndpointConfigName", "Tags", "DataCaptureConfig"),
            below("ProductionVariants[]", _VARIANT),
            below("ShadowProductionVariants[]", _VARIANT),
            works("AsyncInferenceConfig"),
            ignored(DISK, "KmsKeyId"),
            refused("the local cloud has no online explanations", "ExplainerConfig"),
            refused(NO_COMPONENTS, "ExecutionRoleArn"),
            ignored(NETWORK, "VpcConfig", "EnableNetworkIsolation"),
            ignored("metrics are those of every endpoint, once a second", "MetricsConfig"),
        ),
        "DescribeEndpointConfig": works("EndpointConfigName"),
        "ListEndpointConfigs": works(*LIST, *CREATED, "NameContains"),
        "DeleteEndpointConfig": works("EndpointConfigName"),
    },
)
