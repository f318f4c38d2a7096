"""IAM statements that several roles need, each on exact resources.

Every statement has a `Sid`, so that a person who reads the role in the console sees what each
part is for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_sns as sns
from constructs import Construct

SAGEMAKER = "sagemaker.amazonaws.com"

_IMAGE = re.compile(
    r"(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?"
    r"/(?P<repository>[^:@]+)[:@].+"
)


def read_objects(
    bucket: s3.IBucket, prefixes: Sequence[str], *, sid: str, versions: bool = False
) -> iam.PolicyStatement:
    """Read the objects under `prefixes` (each without a leading and with a trailing slash)."""
    actions = ["s3:GetObject"] + (["s3:GetObjectVersion"] if versions else [])
    return iam.PolicyStatement(sid=sid, actions=actions, resources=_objects(bucket, prefixes))


def read_asset(asset: s3_assets.Asset, *, versions: bool = False) -> list[iam.PolicyStatement]:
    """Read the one object of a file asset, which also takes finding it in its bucket."""
    actions = ["s3:GetObject"] + (["s3:GetObjectVersion"] if versions else [])
    return [
        iam.PolicyStatement(
            sid="ReadSource",
            actions=actions,
            resources=[asset.bucket.arn_for_objects(asset.s3_object_key)],
        ),
        iam.PolicyStatement(
            sid="FindSource",
            actions=["s3:ListBucket"],
            resources=[asset.bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [f"{asset.s3_object_key}*"]}},
        ),
    ]


def delete_objects(bucket: s3.IBucket, prefixes: Sequence[str], *, sid: str) -> iam.PolicyStatement:
    """Delete objects under `prefixes`; in a versioned bucket their versions stay."""
    return iam.PolicyStatement(
        sid=sid, actions=["s3:DeleteObject"], resources=_objects(bucket, prefixes)
    )


def write_objects(bucket: s3.IBucket, prefixes: Sequence[str], *, sid: str) -> iam.PolicyStatement:
    """Write objects under `prefixes`, in parts as well."""
    return iam.PolicyStatement(
        sid=sid,
        actions=["s3:PutObject", "s3:AbortMultipartUpload"],
        resources=_objects(bucket, prefixes),
    )


def list_objects(
    bucket: s3.IBucket, prefixes: Sequence[str], *, sid: str, versions: bool = False
) -> iam.PolicyStatement:
    """List the keys of `bucket` that begin with one of `prefixes`."""
    return iam.PolicyStatement(
        sid=sid,
        actions=["s3:ListBucket"] + (["s3:ListBucketVersions"] if versions else []),
        resources=[bucket.bucket_arn],
        conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
    )


def use_key(key: kms.IKey, *, sid: str = "UseKey", write: bool) -> iam.PolicyStatement:
    """Decrypt what the environment's key encrypted, and with `write` encrypt as well."""
    actions = ["kms:Decrypt", "kms:DescribeKey"] + (["kms:GenerateDataKey"] if write else [])
    return iam.PolicyStatement(sid=sid, actions=actions, resources=[key.key_arn])


def publish(topic: sns.ITopic, key: kms.IKey, *, sid: str = "Notify") -> list[iam.PolicyStatement]:
    """Publish to a topic that `key` encrypts (SNS developer guide, "Key management")."""
    return [
        iam.PolicyStatement(sid=sid, actions=["sns:Publish"], resources=[topic.topic_arn]),
        iam.PolicyStatement(
            sid="EncryptMessages",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=[key.key_arn],
        ),
    ]


def encrypt_volumes(key: kms.IKey) -> list[iam.PolicyStatement]:
    """Let SageMaker, acting for the role, use the key for the volumes of its instances."""
    return [
        iam.PolicyStatement(
            sid="EncryptVolumes",
            actions=["kms:CreateGrant"],
            resources=[key.key_arn],
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
        # Only grants are made "for a resource": the condition would deny this.
        iam.PolicyStatement(
            sid="FindKeyOfVolumes", actions=["kms:DescribeKey"], resources=[key.key_arn]
        ),
    ]


def encrypt_outputs(key: kms.IKey) -> iam.PolicyStatement:
    """Encrypt what jobs put out.

    S3 takes GenerateDataKey for that; Encrypt is what SageMaker asks of the role of a job whose
    output configuration names a key (OutputDataConfig in its API reference).
    """
    return iam.PolicyStatement(
        sid="EncryptOutputs", actions=["kms:Encrypt"], resources=[key.key_arn]
    )


def use_table_key(scope: Construct, key: kms.IKey) -> iam.PolicyStatement:
    """Use a table that `key` encrypts.

    These are the actions that DynamoDB's guide calls the minimum for whoever uses such a table
    ("DynamoDB encryption at rest"), but for the grant, which only the table's maker gives.
    """
    return iam.PolicyStatement(
        sid="UseKeyOfTable",
        actions=[
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
        resources=[key.key_arn],
        conditions={
            "StringEquals": {"kms:ViaService": f"dynamodb.{Stack.of(scope).region}.amazonaws.com"}
        },
    )


def write_sagemaker_logs(
    scope: Construct, log_groups: Iterable[str], *, sid: str = "WriteLogs"
) -> iam.PolicyStatement:
    """Write to the log groups that SageMaker names, such as `/aws/sagemaker/TrainingJobs`."""
    return iam.PolicyStatement(
        sid=sid,
        actions=[
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
        ],
        resources=[arn for group in log_groups for arn in log_group_arns(scope, group)],
    )


def log_group_arns(scope: Construct, log_group: str) -> list[str]:
    """A log group, as some of the actions name it, and its streams, as others do."""
    stack = Stack.of(scope)
    arn = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:{log_group}"
    return [arn, f"{arn}:*"]


def state_machine_arn(scope: Construct, name: str) -> str:
    """ARN of a state machine of the stack's account and region by its name: for what the machine
    itself names in its definition, or its role in its policy."""
    return _states_arn(scope, "stateMachine", name)


def executions_arn(scope: Construct, name: str) -> str:
    """The ARN that stands for all executions of a state machine."""
    return _states_arn(scope, "execution", f"{name}:*")


def _states_arn(scope: Construct, resource: str, name: str) -> str:
    return Stack.of(scope).format_arn(
        service="states",
        resource=resource,
        resource_name=name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def delete_sagemaker_logs(scope: Construct, log_group: str) -> iam.PolicyStatement:
    """Delete one of the log groups that SageMaker names."""
    return iam.PolicyStatement(
        sid="DeleteLogs",
        actions=["logs:DeleteLogGroup"],
        resources=log_group_arns(scope, log_group),
    )


def publish_sagemaker_metrics() -> iam.PolicyStatement:
    """Publish metrics in SageMaker's own namespaces. The call takes no resource."""
    return iam.PolicyStatement(
        sid="PublishMetrics",
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],
        conditions={
            "StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "aws/sagemaker/*"]}
        },
    )


def pull_images(scope: Construct, image_uris: Iterable[str]) -> list[iam.PolicyStatement]:
    """Pull the named images, and no others.

    Raises:
        ValueError: a URI is not one of a private ECR repository.
    """
    return [
        iam.PolicyStatement(
            sid="PullImages",
            actions=[
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            resources=_repositories(scope, image_uris),
        ),
        log_in_to_registry(),
    ]


def find_images(scope: Construct, image_uris: Iterable[str]) -> list[iam.PolicyStatement]:
    """Find those of the named images that are in this account.

    Raises:
        ValueError: a URI is not one of a private ECR repository.
    """
    account = f":{Stack.of(scope).account}:"
    repositories = [each for each in _repositories(scope, image_uris) if account in each]
    if not repositories:
        return []
    return [
        iam.PolicyStatement(sid="FindImages", actions=["ecr:BatchGetImage"], resources=repositories)
    ]


def _repositories(scope: Construct, image_uris: Iterable[str]) -> list[str]:
    """ARNs of the images' repositories. Raises ValueError."""
    partition = Stack.of(scope).partition
    repositories = set()
    for uri in image_uris:
        image = _IMAGE.fullmatch(uri)
        if image is None:
            raise ValueError(
                f"{uri!r} is no image in ECR; expected "
                "<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>"
            )
        repositories.add(
            f"arn:{partition}:ecr:{image['region']}:{image['account']}:"
            f"repository/{image['repository']}"
        )
    return sorted(repositories)


def log_in_to_registry() -> iam.PolicyStatement:
    """Get a password for ECR. The call takes no resource."""
    return iam.PolicyStatement(
        sid="LogInToRegistry", actions=["ecr:GetAuthorizationToken"], resources=["*"]
    )


def pass_role_to_sagemaker(role: iam.IRole, *, sid: str = "PassRole") -> iam.PolicyStatement:
    """Hand `role` to SageMaker, and to no other service."""
    return iam.PolicyStatement(
        sid=sid,
        actions=["iam:PassRole"],
        resources=[role.role_arn],
        conditions={"StringEquals": {"iam:PassedToService": SAGEMAKER}},
    )


def sagemaker_arn(scope: Construct, resource: str) -> str:
    """ARN of a SageMaker resource of this account, such as `endpoint/rookery-dev-birds`."""
    stack = Stack.of(scope)
    return f"arn:{stack.partition}:sagemaker:{stack.region}:{stack.account}:{resource}"


def alarm_arn(scope: Construct, name: str) -> str:
    """ARN of a CloudWatch alarm of this account."""
    return Stack.of(scope).format_arn(
        service="cloudwatch",
        resource="alarm",
        resource_name=name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def parameter_arn(scope: Construct, name: str) -> str:
    """ARN of an SSM parameter of this account; `name` begins with a slash."""
    return Stack.of(scope).format_arn(
        service="ssm", resource="parameter", resource_name=name.removeprefix("/")
    )


def _objects(bucket: s3.IBucket, prefixes: Sequence[str]) -> list[str]:
    return [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]
