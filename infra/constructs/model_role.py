"""The execution role of an endpoint's models."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from contracts import names
from contracts.serving import Serving, Vpc
from infra.constructs.network_statements import join_network
from infra.constructs.statements import (
    SAGEMAKER,
    list_objects,
    publish_sagemaker_metrics,
    pull_images,
    read_objects,
    use_key,
    write_objects,
    write_sagemaker_logs,
)


class ModelRole(Construct):
    """What a serving container may do: fetch its model and its image, write its log.

    Args:
        endpoint_name: whose log group it writes.
        artifact_prefix: the workload's part of the artifact bucket.
        image_uris: images of the serving containers.
        written_prefixes: where in the artifact bucket SageMaker writes as this role what the
            endpoint was asked and answers.
        topics: hear, from SageMaker as this role, of answers.
        vpc: the network of the containers; None for SageMaker's own.
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
        written_prefixes: Sequence[str] = (),
        topics: Sequence[sns.ITopic] = (),
        vpc: Vpc | None = None,
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
            use_key(key, write=bool(written_prefixes or topics)),
            write_sagemaker_logs(self, [f"/aws/sagemaker/Endpoints/{endpoint_name}"]),
            publish_sagemaker_metrics(),
            *pull_images(self, image_uris),
        ]
        if written_prefixes:
            statements.append(write_objects(artifact_bucket, written_prefixes, sid="WriteAnswers"))
        if topics:
            arns = [topic.topic_arn for topic in topics]
            statements.append(
                iam.PolicyStatement(sid="TellOfAnswers", actions=["sns:Publish"], resources=arns)
            )
        if vpc is not None:
            statements += join_network(self, vpc)
        for statement in statements:
            self.role.add_to_policy(statement)


def written_prefixes(serving: Serving, workload: str) -> list[str]:
    """Where in the artifact bucket SageMaker writes as the role of a workload's models."""
    prefixes = []
    # The comparison of a shadow needs both models' answers, whatever is captured besides.
    if serving.data_capture_percent or serving.update == "shadow":
        prefixes.append(names.captured_prefix(workload))
    if serving.mode == "async":
        prefixes.append(names.async_prefix(workload))
    return prefixes
