"""Empties buckets before their stack is deleted."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.on_delete import MAX_DURATION, OnDelete
from infra.constructs.python_function import PythonFunction


class BucketEmptier(Construct):
    """Deletes every object and version in `buckets` when the stack is deleted.

    Only for environments whose settings say `removal: destroy`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        buckets: tuple[s3.IBucket, ...],
        key: kms.IKey,
        retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        function = PythonFunction(
            self,
            "EmptyBuckets",
            word="foundation",
            handler="empty_buckets",
            description="Empties the environment's buckets when their stack is deleted",
            environment={},
            key=key,
            retention=retention,
            timeout=MAX_DURATION,
        )
        function.allow(
            iam.PolicyStatement(
                sid="FindObjects",
                actions=[
                    "s3:ListBucketVersions",
                    "s3:ListBucketMultipartUploads",
                    "s3:PutBucketLogging",
                ],
                resources=[bucket.bucket_arn for bucket in buckets],
            ),
            iam.PolicyStatement(
                sid="DeleteObjects",
                actions=["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"],
                resources=[bucket.arn_for_objects("*") for bucket in buckets],
            ),
        )
        OnDelete(
            self,
            "OnDelete",
            function=function.function,
            resource_type="Custom::EmptyBuckets",
            properties={"Buckets": [bucket.bucket_name for bucket in buckets]},
            before=buckets,
        )
