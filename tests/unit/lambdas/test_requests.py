"""The requests of every way to serve, held against the shapes of SageMaker's API."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.serving import Asynchronous, Rollout, Serverless, Serving, Vpc
from infra.botocore_model import sagemaker_model
from infra.checks.api_shapes import shape_faults
from lambdas.deployment.model_package import ApprovedPackage, read_approved
from lambdas.deployment.requests import (
    create_request,
    deployment_name,
    is_deployment_name,
    model_request,
    shadow_config_request,
    shadow_name,
    sole_config_request,
    split_config_request,
    split_name,
    update_request,
    variant_of,
)
from lambdas.deployment.rollout import deployment_config
from lambdas.deployment.settings import PlanSettings
from tests.unit.lambdas.deployment_doubles import GROUP, KEY, PACKAGE, SageMaker, settings

TOPICS = {
    "success_topic_arn": "arn:aws:sns:eu-west-1:123456789012:answers",
    "error_topic_arn": "arn:aws:sns:eu-west-1:123456789012:failures",
}
WAYS: dict[str, dict[str, Any]] = {
    "realtime": {},
    "captured": {"data_capture_percent": 20},
    "vpc": {"vpc": Vpc(subnets=("subnet-0a1b2c3d",), security_groups=("sg-0a1b2c3d",))},
    "serverless": {
        "mode": "serverless",
        "serverless": Serverless(memory_mb=2048, max_concurrency=5, provisioned_concurrency=2),
    },
    "async": {
        "mode": "async",
        "asynchronous": Asynchronous(
            max_instances=3, backlog_per_instance=5, max_concurrent_per_instance=4
        ),
        **TOPICS,
    },
}


@pytest.fixture
def package() -> ApprovedPackage:
    return read_approved(SageMaker().client(), arn=PACKAGE, group=GROUP)


def faults(operation: str, request: dict[str, Any]) -> list[Any]:
    shape = sagemaker_model().operation_model(operation).input_shape
    return list(shape_faults(shape, request, operation))


def config_of(way: dict[str, Any]) -> dict[str, Any]:
    told = settings(**way)
    return sole_config_request("a-config", variant_of("a-model", told), settings=told)


@pytest.mark.parametrize("way", list(WAYS.values()), ids=list(WAYS))
def test_sagemaker_takes_the_requests_of_every_way_to_serve(
    package: ApprovedPackage, way: dict[str, Any]
) -> None:
    assert faults("CreateModel", model_request("a-model", package, settings(**way))) == []
    assert faults("CreateEndpointConfig", config_of(way)) == []
    assert faults("CreateEndpoint", create_request("an-endpoint", "a-config")) == []


def test_every_way_to_serve_has_a_name_of_its_own(package: ApprovedPackage) -> None:
    names = [deployment_name(package, settings(**way)) for way in WAYS.values()]

    assert len(set(names)) == len(WAYS)
    assert all(is_deployment_name(name, group=GROUP) for name in names)


@pytest.mark.parametrize(
    "change",
    [
        {"rollout": Rollout(strategy="canary")},
        {"first_share": 0.5},
        {"environment": "other"},
    ],
)
def test_how_a_deployment_comes_in_does_not_make_it_another(
    package: ApprovedPackage, change: dict[str, Any]
) -> None:
    assert deployment_name(package, settings(**change)) == deployment_name(package, settings())


def test_a_serverless_model_has_no_instances_no_key_and_no_isolation(
    package: ApprovedPackage,
) -> None:
    way = WAYS["serverless"]

    assert config_of(way) == {
        "EndpointConfigName": "a-config",
        "ProductionVariants": [
            {
                "ModelName": "a-model",
                "VariantName": "AllTraffic",
                "InitialVariantWeight": 1,
                "ServerlessConfig": {
                    "MemorySizeInMB": 2048,
                    "MaxConcurrency": 5,
                    "ProvisionedConcurrency": 2,
                },
            }
        ],
    }
    assert model_request("a-model", package, settings(**way))["EnableNetworkIsolation"] is False


def test_an_asynchronous_endpoint_answers_under_the_workloads_prefix_and_tells() -> None:
    told = config_of(WAYS["async"])["AsyncInferenceConfig"]

    assert told["OutputConfig"] == {
        "S3OutputPath": "s3://artifacts/birds/async/answers/",
        "S3FailurePath": "s3://artifacts/birds/async/failures/",
        "KmsKeyId": KEY,
        "NotificationConfig": {
            "SuccessTopic": TOPICS["success_topic_arn"],
            "ErrorTopic": TOPICS["error_topic_arn"],
        },
    }
    assert told["ClientConfig"] == {"MaxConcurrentInvocationsPerInstance": 4}


def test_requests_and_answers_are_captured_under_the_workloads_prefix() -> None:
    captured = config_of(WAYS["captured"])["DataCaptureConfig"]

    assert captured["DestinationS3Uri"] == "s3://artifacts/birds/captured/"
    assert captured["InitialSamplingPercentage"] == 20
    assert captured["KmsKeyId"] == KEY
    assert [each["CaptureMode"] for each in captured["CaptureOptions"]] == ["Input", "Output"]


def test_the_containers_are_in_the_network_that_the_settings_name(
    package: ApprovedPackage,
) -> None:
    request = model_request("a-model", package, settings(**WAYS["vpc"]))

    assert request["VpcConfig"] == {
        "Subnets": ["subnet-0a1b2c3d"],
        "SecurityGroupIds": ["sg-0a1b2c3d"],
    }
    assert request["EnableNetworkIsolation"] is True


def test_a_shadow_gets_a_copy_of_a_part_of_the_requests_and_everything_is_captured(
    package: ApprovedPackage,
) -> None:
    told = settings(data_capture_percent=20)

    request = shadow_config_request(
        "a-config",
        old=variant_of("old", told),
        new=variant_of("new", told),
        sample_percent=50,
        settings=told,
    )

    assert faults("CreateEndpointConfig", request) == []
    (production,), (shadow,) = request["ProductionVariants"], request["ShadowProductionVariants"]
    assert (production["ModelName"], shadow["ModelName"]) == ("old", "new")
    assert shadow["InitialVariantWeight"] / production["InitialVariantWeight"] == 0.5
    assert request["DataCaptureConfig"]["InitialSamplingPercentage"] == 100
    split = split_name(package, old="old", new="new", share=0.5)
    assert shadow_name(package, old="old", new="new", sample_percent=50) != split


def test_both_models_of_a_split_are_captured() -> None:
    told = settings(data_capture_percent=20)

    request = split_config_request(
        "a-config",
        old=variant_of("old", told),
        new=variant_of("new", told),
        share=0.25,
        settings=told,
    )

    assert faults("CreateEndpointConfig", request) == []
    assert request["DataCaptureConfig"]["InitialSamplingPercentage"] == 20


def planned(strategy: Any, **changes: Any) -> dict[str, Any]:
    rollout = Rollout(strategy=strategy, step_percent=10, step_wait_seconds=60)
    told: PlanSettings = settings(instance_count=2, rollout=rollout)
    asked = {"alarms": ["one", "two"], "bake_seconds": 300, "timeout_seconds": 900, **changes}
    config = deployment_config(told.serving, **asked)
    assert config is not None
    return config


@pytest.mark.parametrize("alarms", [[], ["one", "two"]], ids=["unwatched", "watched"])
@pytest.mark.parametrize("strategy", ["all-at-once", "canary", "linear", "rolling"])
def test_sagemaker_takes_every_way_to_bring_a_new_model_in(
    strategy: str, alarms: list[str]
) -> None:
    config = planned(strategy, alarms=alarms)

    request = update_request("endpoint", "config", keep_capacity=True, deployment_config=config)
    assert faults("UpdateEndpoint", request) == []
    assert ("AutoRollbackConfiguration" in config) == bool(alarms)


def test_all_at_once_bakes_with_the_old_instances_beside() -> None:
    assert planned("all-at-once") == {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
            "TerminationWaitInSeconds": 300,
            "MaximumExecutionTimeoutInSeconds": 1_200,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "one"}, {"AlarmName": "two"}]},
    }


def test_a_canary_and_a_linear_shift_wait_after_each_step_the_last_one_too() -> None:
    canary = planned("canary")["BlueGreenUpdatePolicy"]
    linear = planned("linear")["BlueGreenUpdatePolicy"]

    percent = {"Type": "CAPACITY_PERCENT", "Value": 10}
    assert canary["TrafficRoutingConfiguration"]["CanarySize"] == percent
    assert canary["MaximumExecutionTimeoutInSeconds"] == 2 * 60 + 300 + 900
    assert linear["TrafficRoutingConfiguration"]["LinearStepSize"] == percent
    assert linear["MaximumExecutionTimeoutInSeconds"] == 10 * 60 + 300 + 900


def test_a_rolling_update_goes_back_at_once() -> None:
    rolling = planned("rolling")["RollingUpdatePolicy"]

    assert rolling["MaximumBatchSize"] == {"Type": "CAPACITY_PERCENT", "Value": 10}
    assert rolling["RollbackMaximumBatchSize"] == {"Type": "CAPACITY_PERCENT", "Value": 100}
    assert rolling["WaitIntervalInSeconds"] == 60


@pytest.mark.parametrize(("timeout", "limit"), [(60, 600), (40_000, 28_800)])
def test_the_limit_of_an_update_is_one_that_sagemaker_takes(timeout: int, limit: int) -> None:
    policy = planned("all-at-once", timeout_seconds=timeout)["BlueGreenUpdatePolicy"]

    assert policy["MaximumExecutionTimeoutInSeconds"] == limit


def test_what_has_no_instances_is_updated_without_guardrails() -> None:
    told = Serving(instance_type="ml.m5.large", instance_count=1, mode="serverless")

    assert deployment_config(told, alarms=["one"], bake_seconds=0, timeout_seconds=60) is None
    assert "DeploymentConfig" not in update_request("endpoint", "config", keep_capacity=False)


def test_an_update_keeps_instances_but_not_weights_and_capture() -> None:
    request = update_request("endpoint", "config", keep_capacity=True)

    assert faults("UpdateEndpoint", request) == []
    excluded = {each["VariantPropertyType"] for each in request["ExcludeRetainedVariantProperties"]}
    assert excluded == {"DesiredWeight", "DataCaptureConfig"}
