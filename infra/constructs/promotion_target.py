"""The function that brings model packages into this environment from the one before it."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contracts import names
from infra.constructs.python_function import PythonFunction
from infra.constructs.statements import (
    list_objects,
    read_objects,
    sagemaker_arn,
    use_key,
    write_objects,
)
from infra.settings import EnvironmentSettings


class PromotionTarget(Construct):
    """`promote`: copies, verifies and registers one package of the source.

    Args:
        source: the environment that packages come from.
        workloads: that both environments have.
        artifact_bucket, key: of this environment.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: EnvironmentSettings,
        source: EnvironmentSettings,
        workloads: Sequence[str],
        artifact_bucket: s3.IBucket,
        key: kms.IKey,
        retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        role = names.promotion_role(source.name)
        source_role_arn = f"arn:{Stack.of(self).partition}:iam::{source.account}:role/{role}"
        self._promote = PythonFunction(
            self,
            "Promote",
            word="promotion",
            handler="promote",
            description=f"Brings model packages from {source.name} to {environment.name}",
            environment={
                "ENVIRONMENT": environment.name,
                "SOURCE": source.name,
                "SOURCE_ACCOUNT": source.account,
                "SOURCE_ROLE_ARN": source_role_arn,
                "EXTERNAL_ID": names.promotion_external_id(source.name, environment.name),
                "WORKLOADS": ",".join(workloads),
                "ARTIFACT_BUCKET": artifact_bucket.bucket_name,
            },
            key=key,
            retention=retention,
            # Large models pass through it, part by part.
            timeout=Duration.minutes(15),
            memory_mb=1024,
            role_name=names.promote_role(environment.name),
        )
        groups = [
            names.model_package_group_name(environment.name, workload) for workload in workloads
        ]
        # Only what is promoted lies below these, not what this environment trained.
        prefixes = [
            f"{names.artifact_prefix(workload)}promoted-{source.name}-" for workload in workloads
        ]
        self._promote.allow(
            iam.PolicyStatement(
                sid="ReadTheSource", actions=["sts:AssumeRole"], resources=[source_role_arn]
            ),
            iam.PolicyStatement(
                sid="RegisterPackages",
                actions=["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage"],
                resources=[sagemaker_arn(self, f"model-package/{group}/*") for group in groups],
            ),
            write_objects(artifact_bucket, prefixes, sid="CopyArtifacts"),
            read_objects(artifact_bucket, prefixes, sid="ReadCopies"),
            # Without it S3 says of an object that is not there that it may not be read.
            list_objects(artifact_bucket, prefixes, sid="FindCopies"),
            use_key(key, write=True),
        )

    @property
    def function(self) -> lambda_.IFunction:
        """`promote`; takes the workload and, unless it is what serves in the source, a version."""
        return self._promote.function
