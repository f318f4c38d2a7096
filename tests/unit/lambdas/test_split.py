"""A new model shares the requests with the old one, and an operator shifts and ends that."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.validate import validate_parameters

from contracts.traffic_split import NEW_VARIANT, OLD_VARIANT, SplitRequestError, share_of_new
from lambdas.deployment.clean_up import clean_up, reject_package
from lambdas.deployment.model_package import ModelPackageRefused
from lambdas.deployment.plan_document import Plan
from lambdas.deployment.requests import is_deployment_name
from lambdas.deployment.roll_back import Move, roll_back
from lambdas.deployment.split import NoSplit, SplitImpossible, SplitIsOn
from lambdas.deployment.usable_endpoint import EndpointBusy
from tests.unit.lambdas.deployment_doubles import (
    ENDPOINT,
    GROUP,
    PACKAGE,
    SageMaker,
    package,
    plan_change,
    plan_for,
)

SHIFT = {"action": "shift", "share": 0.5}
NEW_WINS = {"action": "end", "winner": "new"}
OLD_WINS = {"action": "end", "winner": "old"}
NEXT_PACKAGE = package(4)["ModelPackageArn"]


@pytest.fixture
def sagemaker() -> SageMaker:
    """Version 3 serves; version 4 is approved."""
    double = SageMaker()
    double.do(plan_for(double))
    double.packages[NEXT_PACKAGE] = package(4)
    return double


def split_plan(sagemaker: SageMaker, share: float = 0.1) -> Plan:
    return plan_for(sagemaker, 4, first_share=share)


@pytest.fixture
def split(sagemaker: SageMaker) -> Plan:
    """The plan of a split that is on."""
    plan = split_plan(sagemaker)
    sagemaker.do(plan)
    return plan


def models(plan: Plan) -> tuple[str, str]:
    """Old and new model of a split."""
    old, new = plan["endpoint_config"]["ProductionVariants"]
    return old["ModelName"], new["ModelName"]


def cleaned(sagemaker: SageMaker, plan: Plan) -> list[str]:
    return clean_up(plan, sagemaker=sagemaker.client(), endpoint_name=ENDPOINT, group=GROUP)


def rolled_back(sagemaker: SageMaker, plan: Plan) -> Move:
    """Call as the state machine does, letting the endpoint settle between two calls."""
    for _ in range(6):
        move = roll_back(plan, sagemaker=sagemaker.client(), endpoint_name=ENDPOINT)
        if move.done:
            return move
        sagemaker.settle()
    pytest.fail(f"not done after six moves: {move}")


def weights(sagemaker: SageMaker) -> dict[str, float]:
    return {
        each["VariantName"]: each["CurrentWeight"]
        for each in sagemaker.endpoints[ENDPOINT]["ProductionVariants"]
    }


def takes(operation: str, request: dict[str, Any]) -> None:
    """Whether the request has the shape that SageMaker's API has."""
    model = boto3.client("sagemaker", region_name="eu-west-1").meta.service_model
    validate_parameters(request, model.operation_model(operation).input_shape)


def test_a_split_is_one_configuration_with_the_old_and_the_new_model(sagemaker: SageMaker) -> None:
    before = sagemaker.endpoints[ENDPOINT]["EndpointConfigName"]

    plan = split_plan(sagemaker)

    takes("CreateEndpointConfig", plan["endpoint_config"])
    takes("UpdateEndpoint", plan["endpoint"])
    old, new = plan["endpoint_config"]["ProductionVariants"]
    assert (old["VariantName"], old["ModelName"], old["InitialVariantWeight"]) == (
        OLD_VARIANT,
        before,
        0.9,
    )
    assert (new["VariantName"], new["ModelName"], new["InitialVariantWeight"]) == (
        NEW_VARIANT,
        plan["model"]["ModelName"],
        0.1,
    )
    assert plan["previous_config"] == before
    assert plan["target_variant"] == NEW_VARIANT
    assert plan["new_share"] == pytest.approx(0.1)
    assert is_deployment_name(plan["endpoint"]["EndpointConfigName"], group=GROUP)
    assert len({before, plan["model"]["ModelName"], plan["endpoint"]["EndpointConfigName"]}) == 3
    json.dumps(plan)


def test_a_split_keeps_the_instances_of_the_old_model(sagemaker: SageMaker) -> None:
    asked = split_plan(sagemaker)["endpoint"]

    assert asked["RetainAllVariantProperties"]
    # The weights are those of the new configuration.
    assert asked["ExcludeRetainedVariantProperties"] == [
        {"VariantPropertyType": "DesiredWeight"},
        {"VariantPropertyType": "DataCaptureConfig"},
    ]


def test_people_are_told_how_to_go_on_with_a_split(sagemaker: SageMaker) -> None:
    plan = split_plan(sagemaker)

    assert "10 % of the requests" in plan["summary"]
    for command in ("split-status", "shift", "end-split"):
        assert f"make {command} ENV=test WORKLOAD=birds" in plan["next"]


def test_a_split_may_begin_without_any_request_for_the_new_model(sagemaker: SageMaker) -> None:
    plan = split_plan(sagemaker, share=0)

    variants = plan["endpoint_config"]["ProductionVariants"]
    assert [each["InitialVariantWeight"] for each in variants] == [1.0, 0.0]
    assert plan["new_share"] == 0


def test_the_first_deployment_has_one_variant_whatever_the_settings_are() -> None:
    plan = plan_for(SageMaker(), first_share=0.1)

    (variant,) = plan["endpoint_config"]["ProductionVariants"]
    assert variant["VariantName"] == OLD_VARIANT
    assert plan["target_variant"] == ""
    assert not plan["endpoint_exists"]


def test_an_approval_that_comes_again_finds_the_new_model_in_the_split(
    sagemaker: SageMaker, split: Plan
) -> None:
    assert split_plan(sagemaker)["nothing_to_do"]
    assert sagemaker.calls == []


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_while_a_split_is_on_a_newer_package_is_refused_and_told_what_to_do(
    sagemaker: SageMaker, split: Plan, share: float
) -> None:
    sagemaker.packages[package(5)["ModelPackageArn"]] = package(5)

    with pytest.raises(SplitIsOn, match=r"make end-split ENV=test WORKLOAD=birds WINNER=new"):
        plan_for(sagemaker, 5, first_share=share)

    assert sagemaker.calls == []


def test_approving_the_old_model_again_does_not_end_the_split(
    sagemaker: SageMaker, split: Plan
) -> None:
    with pytest.raises(SplitIsOn, match="WINNER=old"):
        plan_for(sagemaker, 3, first_share=0.1)


def test_what_a_person_made_by_hand_is_no_old_model_of_a_split(sagemaker: SageMaker) -> None:
    sagemaker.serve("made-by-hand")

    with pytest.raises(SplitImpossible, match=r"made-by-hand.*serving\.update: replace"):
        split_plan(sagemaker)

    assert plan_for(sagemaker, 4)["previous_config"] == "made-by-hand"


def test_a_key_that_one_of_the_instance_types_cannot_have_makes_a_split_impossible(
    sagemaker: SageMaker,
) -> None:
    with pytest.raises(SplitImpossible, match="storage of its own"):
        plan_for(sagemaker, 4, first_share=0.1, kms_key_arn="")


def test_what_an_execution_that_died_left_of_a_split_is_removed(sagemaker: SageMaker) -> None:
    plan = split_plan(sagemaker)
    name, new = plan["endpoint"]["EndpointConfigName"], plan["model"]["ModelName"]
    sagemaker.configs.add(name)
    sagemaker.models.add(new)

    assert split_plan(sagemaker) == plan
    assert sagemaker.calls == [f"DeleteEndpointConfig {name}", f"DeleteModel {new}"]


def test_a_split_keeps_both_models_and_what_serves_them_alone(
    sagemaker: SageMaker, split: Plan
) -> None:
    sagemaker.add(f"{GROUP}-v1-00000000")
    old, new = models(split)

    assert cleaned(sagemaker, split) == [f"{GROUP}-v1-00000000"]

    assert sagemaker.models == {old, new}
    assert sagemaker.configs == {old, split["endpoint"]["EndpointConfigName"]}


def test_a_split_that_fails_leaves_what_served_before(sagemaker: SageMaker, split: Plan) -> None:
    old, _ = models(split)

    move = rolled_back(sagemaker, split)

    assert "as before" in move.detail
    assert sagemaker.endpoints[ENDPOINT]["EndpointConfigName"] == old
    assert sagemaker.models == sagemaker.configs == {old}
    assert weights(sagemaker) == {OLD_VARIANT: 1}


def test_a_shift_changes_the_weights_and_nothing_else(sagemaker: SageMaker, split: Plan) -> None:
    plan = plan_change(sagemaker, SHIFT)

    takes("UpdateEndpointWeightsAndCapacities", plan["shift"])
    assert plan["kind"] == "shift"
    assert not plan["nothing_to_do"]
    assert plan["endpoint"]["EndpointConfigName"] == split["endpoint"]["EndpointConfigName"]
    assert share_of_new(plan["weights"]["before"]) == pytest.approx(0.1)
    assert plan["weights"]["after"] == {OLD_VARIANT: 0.5, NEW_VARIANT: 0.5}
    assert "gets 50 % of the requests, before 10 %" in plan["summary"]
    json.dumps(plan)
    sagemaker.do(plan)
    assert weights(sagemaker) == {OLD_VARIANT: 0.5, NEW_VARIANT: 0.5}


@pytest.mark.parametrize("share", [0, 1])
def test_all_requests_may_go_to_one_model_while_the_split_stays(
    sagemaker: SageMaker, split: Plan, share: int
) -> None:
    sagemaker.do(plan_change(sagemaker, {"action": "shift", "share": share}))

    assert share_of_new(weights(sagemaker)) == share
    assert plan_change(sagemaker, SHIFT)["weights"]["before"] == weights(sagemaker)


def test_the_share_that_is_there_already_is_not_asked_for_again(
    sagemaker: SageMaker, split: Plan
) -> None:
    assert plan_change(sagemaker, {"action": "shift", "share": 0.1})["nothing_to_do"]


def test_a_shift_that_fails_brings_the_weights_back(sagemaker: SageMaker, split: Plan) -> None:
    plan = plan_change(sagemaker, SHIFT)
    sagemaker.do(plan)

    move = rolled_back(sagemaker, plan)

    assert "with 10 % to the new model, as before" in move.detail
    assert share_of_new(weights(sagemaker)) == pytest.approx(0.1)
    assert sagemaker.models == set(models(split))


@pytest.mark.parametrize(("request_", "winner"), [(NEW_WINS, 1), (OLD_WINS, 0)])
def test_the_winner_serves_alone_under_its_own_configuration(
    sagemaker: SageMaker, split: Plan, request_: dict[str, Any], winner: int
) -> None:
    plan = plan_change(sagemaker, request_)
    sagemaker.do(plan)

    name = models(split)[winner]
    assert sagemaker.endpoints[ENDPOINT]["EndpointConfigName"] == name
    assert weights(sagemaker) == {OLD_VARIANT: 1}
    assert plan["headline"] == f"Live: {name}"
    assert plan["endpoint"]["RetainAllVariantProperties"]
    assert plan["samples"] == "s3://artifacts/birds/run/samples"
    takes("UpdateEndpoint", plan["endpoint"])
    json.dumps(plan)


def test_a_new_model_that_wins_gets_the_configuration_that_a_replacement_would_have_made(
    sagemaker: SageMaker, split: Plan
) -> None:
    plan = plan_change(sagemaker, NEW_WINS)

    assert plan["make_config"]
    takes("CreateEndpointConfig", plan["endpoint_config"])
    (variant,) = plan["endpoint_config"]["ProductionVariants"]
    assert (variant["VariantName"], variant["InitialVariantWeight"]) == (OLD_VARIANT, 1)
    assert plan["endpoint_config"]["KmsKeyId"] == split["endpoint_config"]["KmsKeyId"]
    sagemaker.do(plan)
    sagemaker.record_as(plan)
    assert plan_for(sagemaker, 4)["nothing_to_do"]


def test_after_a_new_model_won_the_old_one_is_kept_to_go_back_to(
    sagemaker: SageMaker, split: Plan
) -> None:
    plan = plan_change(sagemaker, NEW_WINS)
    sagemaker.do(plan)

    assert cleaned(sagemaker, plan) == [split["endpoint"]["EndpointConfigName"]]
    assert reject_package(plan, sagemaker=sagemaker.client()) == ""
    assert sagemaker.models == sagemaker.configs == set(models(split))
    assert sagemaker.packages[PACKAGE]["ModelApprovalStatus"] == "Approved"


def test_a_new_model_that_lost_is_removed_and_its_package_rejected(
    sagemaker: SageMaker, split: Plan
) -> None:
    old, new = models(split)
    plan = plan_change(sagemaker, OLD_WINS)
    assert not plan["make_config"]
    sagemaker.do(plan)

    assert reject_package(plan, sagemaker=sagemaker.client()) == NEXT_PACKAGE
    assert cleaned(sagemaker, plan) == sorted({new, split["endpoint"]["EndpointConfigName"]})
    assert sagemaker.models == sagemaker.configs == {old}
    assert sagemaker.packages[NEXT_PACKAGE]["ModelApprovalStatus"] == "Rejected"


@pytest.mark.parametrize("request_", [NEW_WINS, OLD_WINS])
def test_an_end_that_fails_brings_the_split_back_with_the_share_that_it_had(
    sagemaker: SageMaker, split: Plan, request_: dict[str, Any]
) -> None:
    sagemaker.do(plan_change(sagemaker, {"action": "shift", "share": 0.7}))
    before = (set(sagemaker.models), set(sagemaker.configs))
    plan = plan_change(sagemaker, request_)
    sagemaker.do(plan)

    move = rolled_back(sagemaker, plan)

    assert "with 70 % to the new model, as before" in move.detail
    assert (
        sagemaker.endpoints[ENDPOINT]["EndpointConfigName"]
        == split["endpoint"]["EndpointConfigName"]
    )
    assert share_of_new(weights(sagemaker)) == pytest.approx(0.7)
    assert (sagemaker.models, sagemaker.configs) == before


def test_a_new_model_whose_approval_was_withdrawn_does_not_win(
    sagemaker: SageMaker, split: Plan
) -> None:
    sagemaker.packages[NEXT_PACKAGE]["ModelApprovalStatus"] = "Rejected"

    with pytest.raises(ModelPackageRefused, match="it is Rejected now"):
        plan_change(sagemaker, NEW_WINS)


def test_going_back_to_the_old_model_does_not_hang_on_its_package(
    sagemaker: SageMaker, split: Plan
) -> None:
    del sagemaker.packages[PACKAGE]

    plan = plan_change(sagemaker, OLD_WINS)

    assert plan["samples"] == ""
    sagemaker.do(plan)
    assert sagemaker.endpoints[ENDPOINT]["EndpointConfigName"] == models(split)[0]


def test_a_new_model_that_is_gone_does_not_win_and_says_what_to_do(
    sagemaker: SageMaker, split: Plan
) -> None:
    sagemaker.models.remove(models(split)[1])

    with pytest.raises(ModelPackageRefused, match="WINNER=old"):
        plan_change(sagemaker, NEW_WINS)


@pytest.mark.parametrize("request_", [SHIFT, NEW_WINS, OLD_WINS])
def test_without_a_split_there_is_nothing_to_shift_or_to_end(
    sagemaker: SageMaker, request_: dict[str, Any]
) -> None:
    with pytest.raises(NoSplit, match=r"serves with .* alone"):
        plan_change(sagemaker, request_)
    with pytest.raises(NoSplit, match="there is no endpoint"):
        plan_change(SageMaker(), request_)


def test_a_split_on_an_endpoint_in_the_middle_of_a_change_is_planned_for_later(
    sagemaker: SageMaker, split: Plan
) -> None:
    sagemaker.endpoints[ENDPOINT]["EndpointStatus"] = "Updating"

    with pytest.raises(EndpointBusy):
        plan_change(sagemaker, SHIFT)


def test_a_request_of_another_form_is_refused(sagemaker: SageMaker, split: Plan) -> None:
    with pytest.raises(SplitRequestError, match="share: 2"):
        plan_change(sagemaker, {"action": "shift", "share": 2})
