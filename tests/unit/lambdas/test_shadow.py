"""A new model gets a copy of the requests first, and what is left of that is taken away."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.validate import validate_parameters

from contracts.serving import Shadow
from contracts.traffic_split import OLD_VARIANT, SHADOW_VARIANT
from lambdas.deployment.plan_document import Plan
from lambdas.deployment.plan_shadow import ShadowImpossible
from lambdas.deployment.roll_back import roll_back
from lambdas.deployment.usable_endpoint import EndpointBusy
from tests.unit.lambdas.deployment_doubles import (
    ENDPOINT,
    SageMaker,
    name_of,
    package,
    plan_for,
)

NEXT_PACKAGE = package(4)["ModelPackageArn"]
SHADOW = Shadow(minutes=30, sample_percent=50)


@pytest.fixture
def sagemaker() -> SageMaker:
    """Version 3 serves; version 4 is approved."""
    double = SageMaker()
    double.do(plan_for(double))
    double.packages[NEXT_PACKAGE] = package(4)
    return double


def shadow_plan(sagemaker: SageMaker, **changes: Any) -> Plan:
    return plan_for(sagemaker, 4, **{"update": "shadow", "shadow": SHADOW, **changes})


def put_shadow(sagemaker: SageMaker, plan: Plan) -> str:
    """As an execution leaves it that is stopped while both models get the requests."""
    config = plan["shadow"]["config"]
    name: str = config["EndpointConfigName"]
    sagemaker.models.add(plan["model"]["ModelName"])
    sagemaker.configs.add(name)
    sagemaker.split_configs[name] = config
    sagemaker.endpoints[ENDPOINT]["EndpointConfigName"] = name
    sagemaker.calls.clear()
    return name


def test_the_first_deployment_has_nothing_to_be_a_shadow_of() -> None:
    assert plan_for(SageMaker(), update="shadow", shadow=SHADOW)["shadow"] == {}


def test_the_new_model_is_a_shadow_before_it_serves_alone(sagemaker: SageMaker) -> None:
    plan = shadow_plan(sagemaker)
    config = plan["shadow"]["config"]
    (old,), (new,) = config["ProductionVariants"], config["ShadowProductionVariants"]
    assert (old["VariantName"], new["VariantName"]) == (OLD_VARIANT, SHADOW_VARIANT)
    assert new["ModelName"] == plan["model"]["ModelName"] == name_of(plan)
    assert old["ModelName"] == plan["previous_config"]
    assert new["InitialVariantWeight"] == 0.5
    assert plan["shadow"]["seconds"] == 1800
    assert config["DataCaptureConfig"]["InitialSamplingPercentage"] == 100


def test_what_is_asked_for_a_shadow_is_what_sagemaker_takes(sagemaker: SageMaker) -> None:
    shadow = shadow_plan(sagemaker)["shadow"]
    model = boto3.Session(region_name="eu-west-1").client("sagemaker").meta.service_model
    for action, request in (
        ("CreateEndpointConfig", shadow["config"]),
        ("UpdateEndpoint", shadow["endpoint"]),
    ):
        validate_parameters(request, model.operation_model(action).input_shape)


def test_a_shadow_that_was_left_is_taken_away_first(sagemaker: SageMaker) -> None:
    plan = shadow_plan(sagemaker)
    put_shadow(sagemaker, plan)
    with pytest.raises(EndpointBusy, match="taken away"):
        shadow_plan(sagemaker)
    assert sagemaker.calls == [f"UpdateEndpoint {plan['previous_config']}"]
    sagemaker.settle()
    assert shadow_plan(sagemaker)["shadow"] == plan["shadow"]


def test_a_shadow_is_rolled_back_to_what_served(sagemaker: SageMaker) -> None:
    plan = shadow_plan(sagemaker)
    left = put_shadow(sagemaker, plan)
    client = sagemaker.client()
    first = roll_back(plan, sagemaker=client, endpoint_name=ENDPOINT)
    assert not first.done
    assert sagemaker.calls == [f"UpdateEndpoint {plan['previous_config']}"]
    sagemaker.settle()
    assert roll_back(plan, sagemaker=client, endpoint_name=ENDPOINT).done
    assert left not in sagemaker.configs
    assert plan["model"]["ModelName"] not in sagemaker.models


def test_a_model_that_needs_another_kind_of_volume_is_no_shadow(sagemaker: SageMaker) -> None:
    with pytest.raises(ShadowImpossible, match="storage of its own"):
        shadow_plan(sagemaker, kms_key_arn="")


def test_a_split_has_no_shadow(sagemaker: SageMaker) -> None:
    sagemaker.endpoints[ENDPOINT]["EndpointConfigName"] = "made-by-hand"
    with pytest.raises(ShadowImpossible, match="made-by-hand"):
        shadow_plan(sagemaker)
