from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.endpoints.conftest import IMAGE, Hosting, archive


def _package(hosting: Hosting, group: str, approval: str) -> str:
    hosting.sagemaker.create_model_package_group(ModelPackageGroupName=group)
    content = json.dumps({"name": group}).encode()
    container = {
        "Image": IMAGE,
        "ModelDataUrl": hosting.put(f"{group}/model.tar.gz", archive({"behaviour.json": content})),
        "Environment": {"FROM_PACKAGE": "yes", "BOTH": "package"},
    }
    answer = hosting.sagemaker.create_model_package(
        ModelPackageGroupName=group,
        ModelApprovalStatus=approval,
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
    )
    arn: str = answer["ModelPackageArn"]
    return arn


def test_a_model_takes_image_data_and_environment_from_its_package(hosting: Hosting) -> None:
    arn = _package(hosting, "packaged", "Approved")
    container = {"ModelPackageName": arn, "Environment": {"BOTH": "model"}}
    hosting.create_model("packaged", container)
    hosting.config("packaged", packaged=1.0)
    hosting.sagemaker.create_endpoint(EndpointName="packaged", EndpointConfigName="packaged")
    assert hosting.settled("packaged")["EndpointStatus"] == "InService"
    seen = hosting.invoke("packaged", "environment")
    assert (seen["FROM_PACKAGE"], seen["BOTH"]) == ("yes", "model")
    described = hosting.sagemaker.describe_model(ModelName="packaged")
    assert described["PrimaryContainer"]["ModelPackageName"] == arn


@pytest.mark.parametrize("approval", ["PendingManualApproval", "Rejected"])
def test_a_package_that_is_not_approved_is_not_deployed(hosting: Hosting, approval: str) -> None:
    arn = _package(hosting, f"unapproved-{approval}", approval)
    with pytest.raises(ClientError, match=f"approval status is {approval}") as caught:
        hosting.create_model("unapproved", {"ModelPackageName": arn})
    assert caught.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("kind", "compression", "key"),
    [
        ("S3Object", "None", "sources/behaviour.json"),
        ("S3Prefix", "None", "sources/"),
        ("S3Object", "Gzip", "sources-archive.tar.gz"),
    ],
)
def test_a_model_comes_as_a_file_as_files_or_as_an_archive(
    hosting: Hosting, kind: str, compression: str, key: str
) -> None:
    content = json.dumps({"name": "from-source"}).encode()
    hosting.put("sources/behaviour.json", content)
    # Not part of the object, though its key begins with the object's.
    hosting.put("sources/behaviour.json.bak/behaviour.json", b"no JSON")
    hosting.put("sources-archive.tar.gz", archive({"behaviour.json": content}))
    source = {
        "S3Uri": f"s3://models/{key}",
        "S3DataType": kind,
        "CompressionType": compression,
    }
    name = f"source-{kind}-{compression}"
    hosting.create_model(name, {"Image": IMAGE, "ModelDataSource": {"S3DataSource": source}})
    hosting.config(name, **{name: 1.0})
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    assert hosting.settled(name)["EndpointStatus"] == "InService"
    assert hosting.invoke(name)["model"] == "from-source"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (("S3Prefix", "Gzip", "x/"), "CompressionType Gzip is for an archive"),
        (("S3Prefix", "None", "x"), "must end with a forward slash"),
        (("S3Object", "None", "no-such-file"), "Could not find model data"),
    ],
)
def test_a_source_that_names_no_model_is_refused(
    hosting: Hosting, source: tuple[str, str, str], words: str
) -> None:
    kind, compression, key = source
    given = {
        "S3Uri": f"s3://models/{key}",
        "S3DataType": kind,
        "CompressionType": compression,
    }
    with pytest.raises(ClientError, match=words):
        hosting.create_model(
            "sourceless", {"Image": IMAGE, "ModelDataSource": {"S3DataSource": given}}
        )


def test_models_are_found_by_name_and_gone_once_deleted(hosting: Hosting) -> None:
    hosting.model("listed-1")
    hosting.model("listed-2")
    listed = hosting.sagemaker.list_models(NameContains="listed-", SortBy="Name")["Models"]
    assert [one["ModelName"] for one in listed] == ["listed-2", "listed-1"]
    with pytest.raises(ClientError, match='already existing model "arn:aws:sagemaker'):
        hosting.model("listed-1")
    hosting.sagemaker.delete_model(ModelName="listed-1")
    for call in (hosting.sagemaker.describe_model, hosting.sagemaker.delete_model):
        with pytest.raises(ClientError, match='Could not find model "arn:aws:sagemaker'):
            call(ModelName="listed-1")


@pytest.mark.parametrize(
    ("container", "words"),
    [
        ({"Image": "registry.example/unknown:1"}, "nothing that stands for the image"),
        ({"Image": "registry.example/training-only:1"}, "cannot serve"),
        ({"Image": IMAGE, "ModelDataUrl": "s3://models/none.tar.gz"}, "model data at s3://models"),
        ({"Image": IMAGE, "Mode": "MultiModel"}, "needs the prefix of its models"),
        ({"Image": IMAGE, "MultiModelConfig": {}}, "is for containers of Mode MultiModel"),
        ({"ModelPackageName": "nobody"}, "does not exist"),
        ({"Image": IMAGE, "ModelPackageName": "nobody"}, "cannot be given together"),
        ({}, "must have an Image or a ModelPackageName"),
    ],
)
def test_a_model_that_could_not_be_served_is_refused(
    hosting: Hosting, container: dict[str, Any], words: str
) -> None:
    with pytest.raises(ClientError, match=words):
        hosting.create_model("refused", container)


@pytest.mark.parametrize(
    ("names", "mode", "words"),
    [
        (["a", "a"], "Serial", "ContainerHostname a is used twice"),
        (["a", None], "Serial", "where one container has a ContainerHostname, each must"),
        ([None, None], "Direct", "with Mode Direct each container needs a ContainerHostname"),
        (["a"], "Direct", "Direct is for several containers"),
    ],
)
def test_containers_that_could_not_be_told_apart_are_refused(
    hosting: Hosting, names: list[str | None], mode: str, words: str
) -> None:
    named = [{"ContainerHostname": name} if name else {} for name in names]
    with pytest.raises(ClientError, match=words):
        hosting.sagemaker.create_model(
            ModelName="together",
            Containers=[{"Image": IMAGE, **one} for one in named],
            InferenceExecutionConfig={"Mode": mode},
            ExecutionRoleArn=hosting.role,
        )


def test_the_role_must_be_able_to_read_the_model(hosting: Hosting) -> None:
    hosting.model("readable")
    container = {"Image": IMAGE, "ModelDataUrl": "s3://models/readable/model.tar.gz"}
    blind = hosting.cloud.role("blind", [], trusts=["sagemaker.amazonaws.com"])
    with pytest.raises(ClientError, match="Could not access model data"):
        hosting.create_model("unreadable", container, ExecutionRoleArn=blind)
    stranger = hosting.cloud.role("stranger", [], trusts=["lambda.amazonaws.com"])
    with pytest.raises(ClientError, match="Could not assume role"):
        hosting.create_model("unassumable", container, ExecutionRoleArn=stranger)


def test_who_may_not_pass_the_role_or_invoke_is_denied(hosting: Hosting) -> None:
    statement = {"Effect": "Allow", "Action": ["sagemaker:CreateModel"], "Resource": ["*"]}
    caller = hosting.cloud.role("caller", [statement], trusts=["lambda.amazonaws.com"])
    request = {
        "ModelName": "passed",
        "PrimaryContainer": {"Image": IMAGE},
        "ExecutionRoleArn": hosting.role,
    }
    with pytest.raises(ClientError, match="iam:PassRole"):
        hosting.cloud.client_as(caller, "sagemaker").create_model(**request)
    with pytest.raises(ClientError, match="sagemaker:InvokeEndpoint"):
        hosting.cloud.client_as(caller, "sagemaker-runtime").invoke_endpoint(
            EndpointName="any", Body=b"x"
        )
