"""How the local cloud treats batch transform jobs."""

from __future__ import annotations

from local_cloud.sagemaker.treatment.rules import (
    Family,
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
)

_SOURCE = "TransformInput.DataSource.S3DataSource"

FAMILY = Family(
    title="Batch transform jobs",
    actions={
        "CreateTransformJob": treatment(
            works("TransformJobName", "ModelName", "Environment", "DataProcessing", "Tags"),
            works(
                "MaxConcurrentTransforms", "ModelClientConfig", "MaxPayloadInMB", "BatchStrategy"
            ),
            works(f"{_SOURCE}.S3Uri", f"{_SOURCE}.S3DataType"),
            refused(
                "transform jobs read prefixes and manifests",
                f"{_SOURCE}.S3DataType",
                values=("AugmentedManifestFile", "Converse"),
            ),
            works(
                "TransformInput.ContentType",
                "TransformInput.CompressionType",
                "TransformInput.SplitType",
            ),
            refused(
                "the local cloud splits by line or not at all",
                "TransformInput.SplitType",
                values=("RecordIO", "TFRecord"),
            ),
            works("TransformOutput"),
            ignored(ONE_MACHINE, "TransformResources.InstanceType"),
            works("TransformResources.InstanceCount"),
            ignored(DISK, "TransformResources.VolumeKmsKeyId"),
            ignored("there is no machine image", "TransformResources.TransformAmiVersion"),
            refused("the local cloud has no data capture of transform jobs", "DataCaptureConfig"),
            EXPERIMENT_CONFIG,
        ),
        "DescribeTransformJob": works("TransformJobName"),
        "StopTransformJob": works("TransformJobName"),
        "ListTransformJobs": JOB_LIST,
    },
)
