"""What a pipeline needs that the stacks make."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PipelineResources:
    """Names, ARNs and URIs of AWS resources; each may be a CDK token.

    Attributes:
        pipeline_name: the pipeline.
        role_arn: role of the jobs.
        artifact_bucket_name: bucket of what the jobs write.
        data_bucket_name: bucket of the uploads, where rejected files are put aside.
        kms_key_arn: key that outputs and volumes are encrypted with.
        code_uri: S3 URI of the workload's code, a tar.gz with its scripts at the root.
        raise_epochs_function_arn: Lambda function that reads the winner of a tuning job.
        model_package_group_name: where models are registered.
    """

    pipeline_name: str
    role_arn: str
    artifact_bucket_name: str
    data_bucket_name: str
    kms_key_arn: str
    code_uri: str
    raise_epochs_function_arn: str
    model_package_group_name: str
