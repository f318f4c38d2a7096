"""An image of our own: built by CodeBuild from a folder of this repository, kept in ECR."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aws_cdk import CustomResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from infra.assets import ROOT
from infra.constructs.python_function import PythonFunction
from infra.constructs.statements import (
    log_in_to_registry,
    pull_images,
    read_asset,
    use_key,
)

_LATEST_KEPT = 100
_BUILD_MINUTES = 50
# CloudFormation waits an hour at most, and a build may be queued before it begins.
_ANSWERED_WITHIN = Duration.minutes(60)
_BUILD_IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
_IGNORED = ["__pycache__", "*.pyc", ".*"]

_LOG_IN = (
    "aws ecr get-login-password --region $AWS_DEFAULT_REGION"
    " | docker login --username AWS --password-stdin"
)


class ImageBuild(Construct):
    """Repository, build project, and a custom resource that builds when the folder changes.

    The tag is the hash of the folder and tags never move: a URI names one content for ever.

    Args:
        folder: with a Dockerfile, relative to the repository root.
        repository_name: of the repository to make.
        base_image: URI that the Dockerfile gets as the build argument BASE_IMAGE, or None.
        pulled_by: other accounts, whose endpoints serve with these images.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        folder: str,
        repository_name: str,
        base_image: str | None,
        key: kms.IKey,
        removal_policy: RemovalPolicy,
        retention: logs.RetentionDays,
        pulled_by: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self._retention = retention
        destroy = removal_policy == RemovalPolicy.DESTROY
        self.repository = ecr.Repository(
            self,
            "Repository",
            repository_name=repository_name,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            encryption=ecr.RepositoryEncryption.KMS,
            encryption_key=key,
            removal_policy=removal_policy,
            empty_on_delete=destroy,
            lifecycle_rules=[ecr.LifecycleRule(max_image_count=_LATEST_KEPT)],
        )
        if pulled_by:
            self._let_pull(pulled_by)
        source = s3_assets.Asset(self, "Source", path=str(ROOT / folder), exclude=_IGNORED)
        self.tag = source.asset_hash
        project = self._project(source, base_image)
        function = self._function(project)
        build = CustomResource(
            self,
            "Build",
            service_token=function.function.function_arn,
            resource_type="Custom::ImageBuild",
            properties={
                "ProjectName": project.ref,
                "RepositoryName": self.repository.repository_name,
                "ImageTag": self.tag,
            },
            service_timeout=_ANSWERED_WITHIN,
        )
        build.node.add_dependency(function, project)
        self.digest = build.get_att_string("Digest")

    def _let_pull(self, accounts: Sequence[str]) -> None:
        """Let roles of other accounts pull, as far as those accounts let them.

        The layers are decrypted by the grant that ECR has of the key, not by who pulls.
        """
        self.repository.add_to_resource_policy(
            iam.PolicyStatement(
                sid="PullPromotedImages",
                principals=[iam.AccountPrincipal(account) for account in accounts],
                actions=[
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    # The preflight of a deployment asks whether the image is there.
                    "ecr:DescribeImages",
                    "ecr:GetDownloadUrlForLayer",
                ],
            )
        )

    def _project(self, source: s3_assets.Asset, base_image: str | None) -> codebuild.CfnProject:
        log_group = logs.LogGroup(
            self,
            "Logs",
            retention=self._retention,
            encryption_key=self._key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = self._project_role(source, base_image, log_group)
        variables = {"REPOSITORY_URI": self._uri, "IMAGE_TAG": self.tag}
        if base_image is not None:
            variables["BASE_IMAGE"] = base_image
        # The plain resource: the construct around it gives its role more than a build needs.
        project = codebuild.CfnProject(
            self,
            "Project",
            description=f"Builds the images of {self.repository.node.path}",
            service_role=role.role_arn,
            source=codebuild.CfnProject.SourceProperty(
                type="S3",
                location=f"{source.s3_bucket_name}/{source.s3_object_key}",
                build_spec=json.dumps(_build_spec(base_image), indent=2),
            ),
            artifacts=codebuild.CfnProject.ArtifactsProperty(type="NO_ARTIFACTS"),
            environment=codebuild.CfnProject.EnvironmentProperty(
                type="LINUX_CONTAINER",
                image=_BUILD_IMAGE,
                compute_type="BUILD_GENERAL1_MEDIUM",
                # Docker's daemon runs in the build's container.
                privileged_mode=True,
                environment_variables=[
                    codebuild.CfnProject.EnvironmentVariableProperty(
                        name=name, value=value, type="PLAINTEXT"
                    )
                    for name, value in variables.items()
                ],
            ),
            encryption_key=self._key.key_arn,
            logs_config=codebuild.CfnProject.LogsConfigProperty(
                cloud_watch_logs=codebuild.CfnProject.CloudWatchLogsConfigProperty(
                    status="ENABLED", group_name=log_group.log_group_name
                )
            ),
            timeout_in_minutes=_BUILD_MINUTES,
        )
        project.node.add_dependency(role)
        return project

    def _project_role(
        self, source: s3_assets.Asset, base_image: str | None, log_group: logs.ILogGroup
    ) -> iam.Role:
        role = iam.Role(
            self,
            "ProjectRole",
            assumed_by=iam.ServicePrincipal("codebuild.amazonaws.com"),
            description=f"Builds of {self.repository.node.path}",
        )
        statements = [
            *read_asset(source, versions=True),
            iam.PolicyStatement(
                sid="PushImages",
                actions=[
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:CompleteLayerUpload",
                    "ecr:InitiateLayerUpload",
                    "ecr:PutImage",
                    "ecr:UploadLayerPart",
                ],
                resources=[self.repository.repository_arn],
            ),
            iam.PolicyStatement(
                sid="WriteLogs",
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[log_group.log_group_arn],
            ),
            use_key(self._key, write=True),
            *(pull_images(self, [base_image]) if base_image else [log_in_to_registry()]),
        ]
        for statement in statements:
            role.add_to_policy(statement)
        return role

    def _function(self, project: codebuild.CfnProject) -> PythonFunction:
        function = PythonFunction(
            self,
            "BuildImage",
            word="images",
            handler="build_image",
            description="Has CodeBuild build an image that is not there yet",
            environment={},
            key=self._key,
            retention=self._retention,
            timeout=Duration.minutes(15),
        )
        function.allow(
            iam.PolicyStatement(
                sid="Build",
                actions=["codebuild:StartBuild", "codebuild:BatchGetBuilds"],
                resources=[project.attr_arn],
            ),
            iam.PolicyStatement(
                sid="FindImage",
                actions=["ecr:DescribeImages"],
                resources=[self.repository.repository_arn],
            ),
            use_key(self._key, write=False),
        )
        # A policy of its own: the function depends on its role's, which cannot name it.
        iam.Policy(
            self,
            "GoOn",
            roles=[function.role],
            statements=[
                iam.PolicyStatement(
                    sid="GoOnWaiting",
                    actions=["lambda:InvokeFunction"],
                    resources=[function.function.function_arn],
                )
            ],
        )
        return function

    @property
    def _uri(self) -> str:
        stack = Stack.of(self)
        return (
            f"{stack.account}.dkr.ecr.{stack.region}.{stack.url_suffix}/"
            f"{self.repository.repository_name}"
        )


def _build_spec(base_image: str | None) -> dict[str, Any]:
    log_ins = [f"{_LOG_IN} ${{REPOSITORY_URI%%/*}}"]
    arguments = ""
    if base_image is not None:
        log_ins.append(f"{_LOG_IN} ${{BASE_IMAGE%%/*}}")
        arguments = " --build-arg BASE_IMAGE=$BASE_IMAGE"
    build = f"docker build --platform linux/amd64{arguments} --tag $REPOSITORY_URI:$IMAGE_TAG ."
    return {
        "version": "0.2",
        "phases": {
            "pre_build": {"commands": log_ins},
            # One phase: what follows a failed phase `build` runs none the less.
            "build": {"commands": [build, "docker push $REPOSITORY_URI:$IMAGE_TAG"]},
        },
    }
