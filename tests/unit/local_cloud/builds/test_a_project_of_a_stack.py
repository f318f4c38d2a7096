"""A repository, a project and who builds with them, as CloudFormation makes them."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from tests.unit.local_cloud.builds.conftest import (
    BUCKET,
    BUILDSPEC,
    FRAMEWORK,
    LOGIN,
    BuildPlace,
    await_,
    zipped,
)

BUILDER = """
import time
import boto3

def handle(event, context):
    codebuild, ecr = boto3.client("codebuild"), boto3.client("ecr")
    build_id = codebuild.start_build(projectName=event["project"])["build"]["id"]
    while True:
        build = codebuild.batch_get_builds(ids=[build_id])["builds"][0]
        if build["buildStatus"] != "IN_PROGRESS":
            break
        time.sleep(0.2)
    if build["buildStatus"] != "SUCCEEDED":
        raise RuntimeError(str(build["phases"]))
    images = ecr.describe_images(
        repositoryName=event["repository"], imageIds=[{"imageTag": event["tag"]}]
    )
    return images["imageDetails"][0]["imageDigest"]
"""


def template(place: BuildPlace, source_key: str) -> dict[str, Any]:
    variables = {"REPOSITORY": f"{place.registry}/allowed-stack", "TAG": "abc"}
    variables |= {"BASE_IMAGE": FRAMEWORK, "REGISTRY": place.registry}
    spec: dict[str, Any] = json.loads(json.dumps(BUILDSPEC))
    spec["phases"]["pre_build"]["commands"].append(f"{LOGIN} ${{BASE_IMAGE%%/*}}")
    spec["phases"]["build"]["commands"] = [
        "docker build --platform linux/amd64 --build-arg BASE_IMAGE=$BASE_IMAGE "
        "--tag $REPOSITORY:$TAG ."
    ]
    return {
        "Resources": {
            "Repository": {
                "Type": "AWS::ECR::Repository",
                "Properties": {
                    "RepositoryName": "allowed-stack",
                    "ImageTagMutability": "IMMUTABLE",
                    "EmptyOnDelete": True,
                },
            },
            "Project": {
                "Type": "AWS::CodeBuild::Project",
                "Properties": {
                    "Name": "of-a-stack",
                    "ServiceRole": place.build_role,
                    "Artifacts": {"Type": "NO_ARTIFACTS"},
                    "Source": {
                        "Type": "S3",
                        "Location": {"Fn::Join": ["", [BUCKET, "/", source_key]]},
                        "BuildSpec": json.dumps(spec, indent=2),
                    },
                    "Environment": {
                        "Type": "LINUX_CONTAINER",
                        "ComputeType": "BUILD_GENERAL1_SMALL",
                        "Image": "aws/codebuild/amazonlinux2-x86_64-standard:5.0",
                        "PrivilegedMode": True,
                        "EnvironmentVariables": [
                            {"Name": name, "Type": "PLAINTEXT", "Value": value}
                            for name, value in variables.items()
                        ],
                    },
                    "TimeoutInMinutes": 10,
                },
            },
        }
    }


def function(place: BuildPlace) -> None:
    allowed: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": ["codebuild:StartBuild", "codebuild:BatchGetBuilds"],
            "Resource": "arn:aws:codebuild:*:*:project/of-a-stack",
        },
        {
            "Effect": "Allow",
            "Action": "ecr:DescribeImages",
            "Resource": "arn:aws:ecr:*:*:repository/allowed-stack",
        },
        {"Effect": "Allow", "Action": "logs:*", "Resource": "*"},
    ]
    role = place.cloud.role("image-builder", allowed, trusts=["lambda.amazonaws.com"])
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("builder.py", BUILDER)
    place.client("lambda").create_function(
        FunctionName="image-builder",
        Runtime="python3.12",
        Handler="builder.handle",
        Role=role,
        Code={"ZipFile": code.getvalue()},
        Timeout=120,
    )


def test_a_function_has_a_stacks_project_built_and_reads_the_digest(place: BuildPlace) -> None:
    files = {"Dockerfile": "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY x /opt/x\n", "x": "1"}
    place.client("s3").put_object(Bucket=BUCKET, Key="stack.zip", Body=zipped(files))
    cloudformation = place.client("cloudformation")
    cloudformation.create_stack(
        StackName="image", TemplateBody=json.dumps(template(place, "stack.zip"))
    )

    def status() -> str:
        stack = cloudformation.describe_stacks(StackName="image")["Stacks"][0]
        return str(stack["StackStatus"])

    await_(lambda: not status().endswith("IN_PROGRESS"))
    assert status() == "CREATE_COMPLETE"
    function(place)
    event = {"project": "of-a-stack", "repository": "allowed-stack", "tag": "abc"}
    answer = place.client("lambda").invoke(
        FunctionName="image-builder", Payload=json.dumps(event).encode()
    )
    digest = json.loads(answer["Payload"].read())
    assert isinstance(digest, str), digest
    folder = place.cloud.settings.images_dir / digest.removeprefix("sha256:")
    assert (folder / "root" / "opt" / "x").read_text() == "1"
    cloudformation.delete_stack(StackName="image")
    repositories = place.client("ecr")
    await_(
        lambda: (
            "allowed-stack"
            not in [
                one["repositoryName"]
                for one in repositories.describe_repositories()["repositories"]
            ]
        )
    )
