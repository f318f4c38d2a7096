"""The execution role of a workload's processing, tuning and training jobs."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from infra.constructs.statements import (
    SAGEMAKER,
    encrypt_outputs,
    encrypt_volumes,
    list_objects,
    publish_sagemaker_metrics,
    pull_images,
    read_asset,
    read_objects,
    use_key,
    write_objects,
    write_sagemaker_logs,
)


class JobRole(Construct):
    """What a workload's jobs may do: its own data, its own artifacts, its images, its logs.

    Args:
        read_prefixes: prefixes of the data bucket that jobs read, at exact versions.
        quarantine_prefix: where in the data bucket bad files are put.
        artifact_prefix: the workload's part of the artifact bucket.
        image_uris: images of the jobs.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        data_bucket: s3.IBucket,
        read_prefixes: Sequence[str],
        quarantine_prefix: str,
        artifact_bucket: s3.IBucket,
        artifact_prefix: str,
        source: s3_assets.Asset,
        key: kms.IKey,
        image_uris: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(SAGEMAKER),
            description=f"Jobs of {name}",
        )
        statements = [
            read_objects(data_bucket, read_prefixes, sid="ReadData", versions=True),
            list_objects(data_bucket, [*read_prefixes, quarantine_prefix], sid="ListData"),
            write_objects(data_bucket, [quarantine_prefix], sid="QuarantineBadFiles"),
            read_objects(artifact_bucket, [artifact_prefix], sid="ReadArtifacts"),
            write_objects(artifact_bucket, [artifact_prefix], sid="WriteArtifacts"),
            list_objects(artifact_bucket, [artifact_prefix], sid="ListArtifacts"),
            *read_asset(source),
            use_key(key, write=True),
            encrypt_outputs(key),
            *encrypt_volumes(key),
            write_sagemaker_logs(
                self,
                [
                    "/aws/sagemaker/ProcessingJobs",
                    "/aws/sagemaker/TrainingJobs",
                    "/aws/sagemaker/TransformJobs",
                ],
            ),
            publish_sagemaker_metrics(),
            *pull_images(self, image_uris),
        ]
        for statement in statements:
            self.role.add_to_policy(statement)
