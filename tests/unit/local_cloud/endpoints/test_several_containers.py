"""Models of several containers: one after the other, or each by its name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.endpoints.conftest import IMAGE, Hosting, archive, until
from tests.unit.local_cloud.sagemaker_doubles import assert_output_shape


def container(hosting: Hosting, name: str, **more: Any) -> dict[str, Any]:
    content = json.dumps({"name": name, **more.pop("behaviour", {})}).encode()
    data = hosting.put(f"{name}/model.tar.gz", archive({"behaviour.json": content}))
    return {"Image": IMAGE, "ModelDataUrl": data, **more}


def endpoint(
    hosting: Hosting, name: str, containers: list[dict[str, Any]], mode: str = "Serial"
) -> dict[str, Any]:
    hosting.sagemaker.create_model(
        ModelName=name,
        Containers=containers,
        InferenceExecutionConfig={"Mode": mode},
        ExecutionRoleArn=hosting.role,
    )
    hosting.config(name, **{name: 1.0})
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    return hosting.settled(name)


@pytest.fixture(scope="module")
def pipeline(hosting: Hosting) -> str:
    """Two containers that are asked one after the other."""
    given = [container(hosting, "first"), container(hosting, "second")]
    described = endpoint(hosting, "pipeline", given)
    assert described["EndpointStatus"] == "InService"
    (variant,) = described["ProductionVariants"]
    assert len(variant["DeployedImages"]) == 2
    return "pipeline"


@pytest.fixture(scope="module")
def direct(hosting: Hosting) -> str:
    """Two containers that are asked by their names."""
    given = [
        container(hosting, "left", ContainerHostname="left"),
        container(hosting, "right", ContainerHostname="right"),
    ]
    assert endpoint(hosting, "by-name", given, "Direct")["EndpointStatus"] == "InService"
    return "by-name"


def test_a_model_is_described_with_its_containers_and_how_they_are_asked(
    hosting: Hosting, pipeline: str, direct: str
) -> None:
    for name, mode in ((pipeline, "Serial"), (direct, "Direct")):
        described = hosting.sagemaker.describe_model(ModelName=name)
        del described["ResponseMetadata"]
        assert_output_shape("DescribeModel", described)
        assert described["InferenceExecutionConfig"] == {"Mode": mode}
        assert [one["Mode"] for one in described["Containers"]] == ["SingleModel"] * 2
        assert "PrimaryContainer" not in described


def test_each_container_gets_the_answer_of_the_one_before(hosting: Hosting, pipeline: str) -> None:
    more = {"ContentType": "text/csv", "Accept": "text/plain", "CustomAttributes": "mine"}
    seen = hosting.invoke(pipeline, "1,2,3", **more)
    assert seen["model"] == "second"
    assert seen["headers"]["content-type"] == "application/json"
    assert seen["headers"]["accept"] == "text/plain"
    assert seen["headers"]["x-amzn-sagemaker-custom-attributes"] == "mine"
    # The first one answers what it saw: of 5 bytes, and without the client's Accept.
    assert seen["size"] > 5


def test_the_first_container_that_fails_ends_the_request(hosting: Hosting, pipeline: str) -> None:
    with pytest.raises(ClientError, match=r"client error \(418\) from container-1") as caught:
        hosting.invoke(pipeline, "fail 418")
    assert caught.value.response["OriginalStatusCode"] == 418


def test_a_pipeline_streams_its_last_answer(hosting: Hosting, pipeline: str) -> None:
    answer = hosting.runtime.invoke_endpoint_with_response_stream(
        EndpointName=pipeline, Body=b"hello"
    )
    content = b"".join(one["PayloadPart"]["Bytes"] for one in answer["Body"])
    assert json.loads(content)["model"] == "second"


def test_each_container_has_a_log_of_its_own(hosting: Hosting, pipeline: str) -> None:
    logs = hosting.cloud.client("logs")
    group = f"/aws/sagemaker/Endpoints/{pipeline}"

    def names() -> set[str]:
        found = logs.describe_log_streams(logGroupName=group)["logStreams"]
        return {one["logStreamName"].rpartition("/")[2] for one in found}

    until(lambda: names() == {"container-1", "container-2"})


def test_a_container_is_asked_by_its_name(hosting: Hosting, direct: str) -> None:
    for name in ("left", "right"):
        seen = hosting.invoke(direct, TargetContainerHostname=name)
        assert (seen["model"], seen["size"]) == (name, 5)


def test_a_name_must_be_given_and_be_one_of_them(hosting: Hosting, direct: str) -> None:
    with pytest.raises(ClientError, match="It has: left, right"):
        hosting.invoke(direct)
    with pytest.raises(ClientError, match="middle does not exist in endpoint by-name"):
        hosting.invoke(direct, TargetContainerHostname="middle")


def test_a_name_is_refused_where_containers_are_asked_in_turn(
    hosting: Hosting, pipeline: str
) -> None:
    with pytest.raises(ClientError, match="not configured for direct invocation") as caught:
        hosting.invoke(pipeline, TargetContainerHostname="container-1")
    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_one_container_that_does_not_come_up_fails_the_endpoint(hosting: Hosting) -> None:
    given = [container(hosting, "well"), container(hosting, "ill", behaviour={"crash": 3})]
    described = endpoint(hosting, "half-ill", given)
    assert described["EndpointStatus"] == "Failed"
    reason = described["FailureReason"]
    assert reason.startswith(
        "The container-2 container for production variant half-ill did not pass the ping health "
        "check. Please check CloudWatch logs for this endpoint."
    )
    assert "server of ill on port" in reason


def test_a_container_that_dies_is_started_again_with_its_siblings(
    hosting: Hosting, pipeline: str
) -> None:
    with pytest.raises(ClientError):
        hosting.invoke(pipeline, "die")

    def answers() -> bool:
        try:
            return bool(hosting.invoke(pipeline)["model"] == "second")
        except ClientError:
            return False

    until(answers)
