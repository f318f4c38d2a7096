"""Serverless endpoints: processes come with requests, go when idle, and have a limit."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.endpoints.conftest import (
    IMAGE,
    Hosting,
    archive,
    until,
    variant,
)

IDLE = {"LOCAL_CLOUD_SERVERLESS_IDLE_SECONDS": "0.5"}


def limits(**more: int) -> dict[str, int]:
    return {"MemorySizeInMB": 2048, "MaxConcurrency": 2, **more}


def serverless_variant(model: str, **more: int) -> dict[str, Any]:
    return {"VariantName": "AllTraffic", "ModelName": model, "ServerlessConfig": limits(**more)}


def serverless(hosting: Hosting, name: str, **more: int) -> dict[str, Any]:
    """A serverless endpoint in service."""
    config = serverless_config(hosting, name, **more)
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    described = hosting.settled(name)
    assert described["EndpointStatus"] == "InService", described
    return described


def serverless_config(hosting: Hosting, name: str, **more: int) -> str:
    """A model whose processes end soon when idle, and a configuration; answers its name."""
    key = f"{name}/model.tar.gz"
    data = hosting.put(key, archive({"behaviour.json": f'{{"name": "{name}"}}'.encode()}))
    hosting.create_model(name, {"Image": IMAGE, "ModelDataUrl": data, "Environment": IDLE})
    hosting.sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[serverless_variant(name, **more)]
    )
    return name


class Held:
    """Requests that are under way at the same time."""

    def __init__(self, hosting: Hosting, endpoint: str, count: int) -> None:
        self._hosting, self._endpoint = hosting, endpoint
        self.answers: list[str] = []
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]

    def _ask(self) -> None:
        self.answers.append(self._hosting.invoke(self._endpoint, "slow 3")["model"])

    def __enter__(self) -> Held:
        seen = self._under_way()
        for thread in self._threads:
            thread.start()
        until(lambda: self._under_way() == seen + len(self._threads))
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()
        assert self.answers == [self._endpoint] * len(self._threads)

    def _under_way(self) -> int:
        return self._hosting.log(self._endpoint).count("slow request")


def test_processes_come_with_requests_and_go_when_idle(hosting: Hosting) -> None:
    described = serverless(hosting, "sleepy")
    (summary,) = described["ProductionVariants"]
    assert summary["CurrentServerlessConfig"] == limits()
    assert "CurrentInstanceCount" not in summary
    until(lambda: not hosting.processes("sleepy"))
    assert hosting.invoke("sleepy")["model"] == "sleepy"
    assert hosting.processes("sleepy")
    until(lambda: not hosting.processes("sleepy"))
    cloudwatch = hosting.cloud.client("cloudwatch")
    until(
        lambda: cloudwatch.list_metrics(
            MetricName="ModelSetupTime", Dimensions=[{"Name": "EndpointName", "Value": "sleepy"}]
        )["Metrics"]
    )


def test_requests_beyond_the_limit_are_throttled_until_the_limit_is_raised(
    hosting: Hosting,
) -> None:
    serverless(hosting, "limited-to-two")
    with Held(hosting, "limited-to-two", 2), pytest.raises(ClientError) as caught:
        hosting.invoke("limited-to-two")
    assert caught.value.response["Error"]["Code"] == "ThrottlingException"
    update = {"MaxConcurrency": 3, "ProvisionedConcurrency": 1}
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="limited-to-two",
        DesiredWeightsAndCapacities=[
            {"VariantName": "AllTraffic", "ServerlessUpdateConfig": update}
        ],
    )
    (summary,) = hosting.settled("limited-to-two")["ProductionVariants"]
    assert summary["CurrentServerlessConfig"] == limits(**update)
    with Held(hosting, "limited-to-two", 2):
        assert hosting.invoke("limited-to-two")["model"] == "limited-to-two"
    # Those beyond the provisioned one go again, and that one stays.
    until(lambda: hosting.running("limited-to-two") == ["AllTraffic"])
    assert hosting.invoke("limited-to-two")["model"] == "limited-to-two"


def test_each_process_answers_one_request_at_a_time(hosting: Hosting) -> None:
    serverless(hosting, "one-each", ProvisionedConcurrency=2)
    assert hosting.running("one-each") == ["AllTraffic"] * 2
    with Held(hosting, "one-each", 1):
        assert hosting.invoke("one-each", "busy 0")["most_at_once"] == 1
    answered = hosting.log("one-each").split("server of one-each on port")[1:]
    assert sorted(one.count("slow request") for one in answered) == [0, 1]


def test_an_update_is_all_at_once_and_brings_the_new_model(hosting: Hosting) -> None:
    serverless(hosting, "renewed")
    config = serverless_config(hosting, "renewed-2")
    size = {"Type": "CAPACITY_PERCENT", "Value": 50}
    for policy in (
        {"RollingUpdatePolicy": {"MaximumBatchSize": size, "WaitIntervalInSeconds": 0}},
        blue_green("CANARY", CanarySize=size),
    ):
        with pytest.raises(ClientError, match="not supported for serverless endpoints"):
            hosting.sagemaker.update_endpoint(
                EndpointName="renewed", EndpointConfigName=config, DeploymentConfig=policy
            )
    deployment = blue_green("ALL_AT_ONCE")
    described = hosting.update("renewed", config, DeploymentConfig=deployment)
    assert described["EndpointConfigName"] == config
    assert hosting.invoke("renewed")["model"] == "renewed-2"


def blue_green(kind: str, **routing: Any) -> dict[str, Any]:
    traffic = {"Type": kind, "WaitIntervalInSeconds": 0, **routing}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": traffic}}


def test_what_serverless_endpoints_do_not_have_is_refused_all_at_once(hosting: Hosting) -> None:
    hosting.model("closed-off-data")
    container = {"Image": IMAGE, "ModelDataUrl": "s3://models/closed-off-data/model.tar.gz"}
    hosting.create_model("closed-off", container, EnableNetworkIsolation=True)
    first = serverless_variant("closed-off", MemorySizeInMB=1500, ProvisionedConcurrency=3)
    with pytest.raises(ClientError) as caught:
        hosting.sagemaker.create_endpoint_config(
            EndpointConfigName="refused",
            ProductionVariants=[
                {**first, "InstanceType": "ml.m5.large"},
                variant("closed-off", VariantName="second"),
            ],
            ShadowProductionVariants=[variant("closed-off", VariantName="third")],
            DataCaptureConfig={
                "InitialSamplingPercentage": 1,
                "DestinationS3Uri": "s3://models/captured",
                "CaptureOptions": [{"CaptureMode": "Input"}],
            },
        )
    message = str(caught.value)
    for words in (
        "has both a ServerlessConfig and InstanceType",
        "MemorySizeInMB of variant AllTraffic is 1500; it must be one of 1024, 2048",
        "ProvisionedConcurrency of variant AllTraffic is 3",
        "model closed-off has EnableNetworkIsolation",
        "a serverless endpoint has one production variant",
        "a serverless endpoint has no shadow variants",
        "data capture (DataCaptureConfig) is not supported for serverless endpoints",
    ):
        assert words in message


def test_an_endpoint_with_instances_does_not_become_serverless(hosting: Hosting) -> None:
    hosting.endpoint("instances")
    hosting.sagemaker.create_endpoint_config(
        EndpointConfigName="without", ProductionVariants=[serverless_variant("instances")]
    )
    with pytest.raises(ClientError, match="cannot be converted to a serverless one"):
        hosting.update("instances", "without")
    with pytest.raises(ClientError, match="takes no ServerlessUpdateConfig"):
        hosting.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName="instances",
            DesiredWeightsAndCapacities=[
                {"VariantName": "instances", "ServerlessUpdateConfig": {"MaxConcurrency": 1}}
            ],
        )
