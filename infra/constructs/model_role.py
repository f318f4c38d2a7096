"""The execution role of an endpoint's models."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.statements import (
    SAGEMAKER,
    list_objects,
    publish_sagemaker_metrics,
    pull_images,
    read_objects,
    use_key,
    write_sagemaker_logs,
)


class ModelRole(Construct):
    """What a serving container may do: fetch its model and its image, write its log.

    Args:
        endpoint_name: whose log group it writes.
        artifact_prefix: the workload's part of the artifact bucket.
        image_uris: images of the serving containers.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        artifact_bucket: s3.IBucket,
        artifact_prefix: str,
        key: kms.IKey,
        image_uris: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(SAGEMAKER),
            description=f"Models of the endpoint {endpoint_name}",
        )
        statements = [
            read_objects(artifact_bucket, [artifact_prefix], sid="ReadModel"),
            list_objects(artifact_bucket, [artifact_prefix], sid="FindModel"),
            use_key(key, write=False),
            write_sagemaker_logs(self, [f"/aws/sagemaker/Endpoints/{endpoint_name}"]),
            publish_sagemaker_metrics(),
            *pull_images(self, image_uris),
        ]
        for statement in statements:
            self.role.add_to_policy(statement)
