"""How the local cloud treats models."""

from __future__ import annotations

from local_cloud.sagemaker.treatment.rules import (
    Family,
    below,
    ignored,
    refused,
    treatment,
    works,
)
from local_cloud.sagemaker.treatment.shared import CREATED, LIST, NETWORK, S3_MODEL_SOURCE

_CONTAINER = treatment(
    works("Image", "Mode", "ModelDataUrl", "Environment"),
    works("ModelPackageName", "InferenceSpecificationName"),
    below("ModelDataSource.S3DataSource", S3_MODEL_SOURCE),
    works("ContainerHostname", note="of several containers; one alone is called primary"),
    works("MultiModelConfig"),
    refused("the local cloud asks no private registry for images", "ImageConfig"),
    refused(
        "the local cloud gives a container the one model of ModelDataUrl or ModelDataSource",
        "AdditionalModelDataSources",
    ),
    refused("the local cloud asks containers for no metrics", "ContainerMetricsConfig"),
)

FAMILY = Family(
    title="Models",
    actions={
        "CreateModel": treatment(
            works("ModelName", "ExecutionRoleArn", "Tags"),
            below("PrimaryContainer", _CONTAINER),
            below("Containers[]", _CONTAINER),
            works("InferenceExecutionConfig"),
            ignored(NETWORK, "VpcConfig"),
            works(
                "EnableNetworkIsolation",
                note="the container gets no credentials; its network is not cut off",
            ),
        ),
        "DescribeModel": works("ModelName"),
        "ListModels": works(*LIST, *CREATED, "NameContains"),
        "DeleteModel": works("ModelName"),
    },
)
