"""How the local cloud treats processing jobs."""

from __future__ import annotations

from local_cloud.sagemaker.treatment.rules import (
    Family,
    below,
    ignored,
    refused,
    treatment,
    works,
)
from local_cloud.sagemaker.treatment.shared import (
    DISK,
    EXPERIMENT_CONFIG,
    JOB_LIST,
    ONE_MACHINE,
    PREFERENCES,
    network,
)

_INPUTS = treatment(
    works("InputName", "AppManaged"),
    works(
        "S3Input.S3Uri",
        "S3Input.LocalPath",
        "S3Input.S3DataType",
        "S3Input.S3InputMode",
        "S3Input.S3DataDistributionType",
        "S3Input.S3CompressionType",
    ),
    refused("the local cloud has no input mode Pipe", "S3Input.S3InputMode", values=("Pipe",)),
    refused(
        "SageMaker decompresses in input mode Pipe only",
        "S3Input.S3CompressionType",
        values=("Gzip",),
    ),
    refused("the local cloud has neither Athena nor Redshift", "DatasetDefinition"),
)

_OUTPUTS = treatment(
    works("OutputName", "S3Output", "AppManaged"),
    refused("the local cloud has no Feature Store", "FeatureStoreOutput"),
)

_CLUSTER = treatment(
    works("InstanceCount", note="the instances are processes side by side"),
    ignored(ONE_MACHINE, "InstanceType"),
    ignored(DISK, "VolumeSizeInGB", "VolumeKmsKeyId"),
    refused(PREFERENCES, "InstancePreferences", "SelectedInstanceType", "SelectedInstanceCount"),
)

FAMILY = Family(
    title="Processing jobs",
    actions={
        "CreateProcessingJob": treatment(
            works("ProcessingJobName", "AppSpecification", "Environment", "RoleArn", "Tags"),
            below("ProcessingInputs[]", _INPUTS),
            below("ProcessingOutputConfig.Outputs[]", _OUTPUTS),
            works("ProcessingOutputConfig.KmsKeyId"),
            below("ProcessingResources.ClusterConfig", _CLUSTER),
            works("StoppingCondition"),
            network("NetworkConfig."),
            EXPERIMENT_CONFIG,
        ),
        "DescribeProcessingJob": works("ProcessingJobName"),
        "StopProcessingJob": works("ProcessingJobName"),
        "DeleteProcessingJob": works("ProcessingJobName"),
        "ListProcessingJobs": JOB_LIST,
    },
)
