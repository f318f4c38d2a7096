"""What a pipeline needs that the stacks make."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PipelineResources:
    """Names, ARNs and URIs of AWS resources; each may be a CDK token.

    Attributes:
        pipeline_name: the pipeline.
        role_arn: role of the jobs.
        artifact_bucket_name: bucket of what the jobs write.
        data_bucket_name: bucket of the uploads, where rejected files are put aside.
        kms_key_arn: key that outputs and volumes are encrypted with.
        code_uri: S3 URI of the workload's code, a tar.gz.
        raise_epochs_function_arn: Lambda function that reads the winner of a tuning job.
        find_champion_function_arn: Lambda function that lays the approved model beside a run.
        delete_model_function_arn: Lambda function that deletes a batch transform's model.
        model_package_group_name: where models are registered.
        describe_image_function_arn: Lambda function that tells an image's digest; None where
            no workload has an image of its own.
        own_image_uri: the workload's own image, `<repository>:<tag>`; None where it has none.
        git_commit: that the app was synthesised from; None where nobody said.
    """

    pipeline_name: str
    role_arn: str
    artifact_bucket_name: str
    data_bucket_name: str
    kms_key_arn: str
    code_uri: str
    raise_epochs_function_arn: str
    find_champion_function_arn: str
    delete_model_function_arn: str
    model_package_group_name: str
    describe_image_function_arn: str | None = None
    own_image_uri: str | None = None
    git_commit: str | None = None
