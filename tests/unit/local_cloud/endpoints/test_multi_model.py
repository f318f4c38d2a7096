"""Endpoints of Mode MultiModel: many models in one container, loaded as they are asked for."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.endpoints.conftest import (
    BUCKET,
    MANY_MODELS_IMAGE,
    Hosting,
    archive,
    until,
    variant,
)
from tests.unit.local_cloud.sagemaker_doubles import assert_output_shape


def put(hosting: Hosting, prefix: str, *names: str, **behaviour: Any) -> None:
    """Models ``<name>.tar.gz`` below the prefix."""
    for name in names:
        content = json.dumps({"name": name, **behaviour}).encode()
        hosting.put(f"{prefix}/{name}.tar.gz", archive({"behaviour.json": content}))


def endpoint(hosting: Hosting, name: str, **more: Any) -> dict[str, Any]:
    """An endpoint, its settled description; the models lie below its name."""
    container = {
        "Image": MANY_MODELS_IMAGE,
        "Mode": "MultiModel",
        "ModelDataUrl": f"s3://{BUCKET}/{name}/",
        **more,
    }
    hosting.create_model(name, container)
    hosting.config(name, **{name: 1.0})
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    return hosting.settled(name)


@pytest.fixture(scope="module")
def many(hosting: Hosting) -> str:
    """An endpoint whose container has room for two models."""
    put(hosting, "many", "a", "b", "c")
    assert endpoint(hosting, "many")["EndpointStatus"] == "InService"
    return "many"


def loads(hosting: Hosting, name: str, target: str) -> list[str]:
    """The models that the container has loaded so far, one by one."""
    answer = hosting.invoke(name, TargetModel=f"{target}.tar.gz")
    assert (answer["model"], answer["target"]) == (target, f"{target}.tar.gz")
    found: list[str] = answer["loads"]
    return found


def test_a_model_of_many_is_described_as_one(hosting: Hosting, many: str) -> None:
    described = hosting.sagemaker.describe_model(ModelName=many)
    del described["ResponseMetadata"]
    assert_output_shape("DescribeModel", described)
    assert described["PrimaryContainer"]["Mode"] == "MultiModel"
    assert described["PrimaryContainer"]["ModelDataUrl"] == f"s3://{BUCKET}/many/"


def test_a_model_is_loaded_once_and_the_one_asked_longest_ago_makes_room(
    hosting: Hosting, many: str
) -> None:
    assert loads(hosting, many, "a") == ["a"]
    assert loads(hosting, many, "b") == ["a", "b"]
    assert loads(hosting, many, "a") == ["a", "b"]
    assert loads(hosting, many, "c") == ["a", "b", "c"]
    assert loads(hosting, many, "a") == ["a", "b", "c"]
    assert "unloaded b" in hosting.log(many)
    assert loads(hosting, many, "b") == ["a", "b", "c", "b"]


def test_a_model_that_is_put_later_is_there_without_an_update(hosting: Hosting, many: str) -> None:
    put(hosting, many, "later")
    assert loads(hosting, many, "later")[-1] == "later"


def test_a_model_that_is_not_there_is_an_error_of_the_request(hosting: Hosting, many: str) -> None:
    with pytest.raises(ClientError, match=r"Failed to download model data .*many/none\.tar") as no:
        hosting.invoke(many, TargetModel="none.tar.gz")
    assert no.value.response["Error"]["Code"] == "ValidationError"
    put(hosting, many, "none")
    assert loads(hosting, many, "none")[-1] == "none"


def test_a_model_that_does_not_load_is_an_error_of_the_model(hosting: Hosting, many: str) -> None:
    put(hosting, many, "broken", refuses="it is broken")
    with pytest.raises(hosting.runtime.exceptions.ModelError) as refused:
        hosting.invoke(many, TargetModel="broken.tar.gz")
    assert "it is broken" in refused.value.response["OriginalMessage"]
    assert refused.value.response["OriginalStatusCode"] == 500


def test_a_model_that_is_answering_is_not_unloaded(hosting: Hosting) -> None:
    put(hosting, "tight", "busy", "other")
    endpoint(hosting, "tight", Environment={"ROOM": "1"})
    loads(hosting, "tight", "busy")
    waiting = threading.Thread(
        target=hosting.invoke, args=("tight", "wait"), kwargs={"TargetModel": "busy.tar.gz"}
    )
    waiting.start()
    cloudwatch = hosting.cloud.client("cloudwatch")
    refused = hosting.runtime.exceptions.ModelError

    def no_room() -> bool:
        try:
            hosting.invoke("tight", TargetModel="other.tar.gz")
        except refused as error:
            return bool(error.response["OriginalStatusCode"] == 507)
        return False

    until(no_room)
    hosting.invoke("tight", "release", TargetModel="busy.tar.gz")
    waiting.join()
    assert loads(hosting, "tight", "other")[-1] == "other"
    names = {"EndpointName": "tight", "VariantName": "tight"}
    dimensions = [{"Name": name, "Value": value} for name, value in names.items()]

    def measured() -> set[str]:
        listed = cloudwatch.list_metrics(Namespace="AWS/SageMaker", Dimensions=dimensions)
        return {one["MetricName"] for one in listed["Metrics"]}

    wanted = {"ModelCacheHit", "ModelLoadingWaitTime", "ModelDownloadingTime", "ModelLoadingTime"}
    until(lambda: measured() >= {*wanted, "ModelUnloadingTime"})


def test_a_model_that_the_container_lost_is_loaded_again(hosting: Hosting, many: str) -> None:
    loads(hosting, many, "a")
    hosting.invoke(many, "forget", TargetModel="a.tar.gz")
    assert loads(hosting, many, "a")[-1] == "a"


def test_without_a_cache_a_model_is_unloaded_once_it_has_answered(hosting: Hosting) -> None:
    put(hosting, "uncached", "a")
    endpoint(hosting, "uncached", MultiModelConfig={"ModelCacheSetting": "Disabled"})
    loads(hosting, "uncached", "a")
    until(lambda: "unloaded a" in hosting.log("uncached"))
    assert loads(hosting, "uncached", "a") == ["a", "a"]


def test_a_request_must_name_a_model_where_there_are_many_and_only_there(
    hosting: Hosting, many: str
) -> None:
    with pytest.raises(ClientError, match="is missing a target model header") as missing:
        hosting.invoke(many)
    assert missing.value.response["Error"]["Code"] == "ValidationError"
    hosting.endpoint("single")
    words = "Endpoint single is not a multi-model endpoint and does not support target model header"
    with pytest.raises(ClientError, match=words):
        hosting.invoke("single", TargetModel="a.tar.gz")


def test_a_container_that_lists_no_models_fails_the_endpoint(hosting: Hosting) -> None:
    put(hosting, "listless", "a")
    described = endpoint(hosting, "listless", Environment={"LISTS": "404"})
    assert described["EndpointStatus"] == "Failed"
    assert "the container answered 404 to GET /models" in described["FailureReason"]


def test_many_models_are_neither_serverless_nor_asynchronous(hosting: Hosting, many: str) -> None:
    bounds = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}
    output = {"OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/out"}}
    serverless = {"VariantName": "v", "ModelName": many, "ServerlessConfig": bounds}
    for given, more in ((serverless, {}), (variant(many), {"AsyncInferenceConfig": output})):
        with pytest.raises(ClientError, match="has Mode MultiModel"):
            hosting.sagemaker.create_endpoint_config(
                EndpointConfigName="refused", ProductionVariants=[given], **more
            )


def test_batch_transform_takes_no_model_of_many(hosting: Hosting, many: str) -> None:
    with pytest.raises(ClientError, match=f"{many} has one of Mode MultiModel"):
        hosting.sagemaker.create_transform_job(
            TransformJobName="many",
            ModelName=many,
            TransformInput={
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": f"s3://{BUCKET}/many/",
                    }
                }
            },
            TransformOutput={"S3OutputPath": f"s3://{BUCKET}/out"},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        )
