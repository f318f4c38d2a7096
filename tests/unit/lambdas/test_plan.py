from __future__ import annotations

import json
import re
from typing import Any

import boto3
import pytest
from botocore.validate import validate_parameters

from contracts.champion_record import FAILED_MARK
from contracts.events import EventError
from contracts.serving import Asynchronous
from lambdas.deployment.model_package import (
    ApprovalWithdrawn,
    ModelPackageRefused,
    ModelPackageUnfinished,
)
from lambdas.deployment.plan_document import Plan
from lambdas.deployment.usable_endpoint import EndpointBusy, EndpointUnusable
from tests.unit.lambdas.deployment_doubles import (
    ENDPOINT,
    GROUP,
    PACKAGE,
    ROLE,
    SageMaker,
    approval,
    name_of,
    package,
    plan_for,
    planner_of,
)


@pytest.fixture
def sagemaker() -> SageMaker:
    return SageMaker()


def plan_of(sagemaker: SageMaker, version: int) -> Plan:
    """The plan for a version that has just been registered."""
    sagemaker.packages[package(version)["ModelPackageArn"]] = package(version)
    return plan_for(sagemaker, version)


def deployed(sagemaker: SageMaker, version: int) -> str:
    """Let a version go live and be recorded; answers its name."""
    plan = plan_of(sagemaker, version)
    sagemaker.do(plan)
    sagemaker.record_as(plan)
    return name_of(plan)


def test_a_plan_holds_requests_that_sagemaker_takes(sagemaker: SageMaker) -> None:
    plan = plan_for(sagemaker)

    model = boto3.client("sagemaker", region_name="eu-west-1").meta.service_model
    for operation, request in (
        ("CreateModel", plan["model"]),
        ("CreateEndpointConfig", plan["endpoint_config"]),
        ("CreateEndpoint", plan["endpoint"]),
        ("UpdateEndpoint", plan["endpoint"]),
    ):
        validate_parameters(request, model.operation_model(operation).input_shape)
    assert plan["model"]["PrimaryContainer"] == {"ModelPackageName": PACKAGE}
    assert plan["model"]["ExecutionRoleArn"] == ROLE
    assert plan["model"]["EnableNetworkIsolation"] is True
    assert plan["endpoint_config"]["KmsKeyId"].startswith("arn:aws:kms:")
    assert plan["samples"] == "s3://artifacts/birds/run/samples"
    json.dumps(plan)


@pytest.mark.parametrize(("there", "keeps"), [(0, False), (1, False), (3, True)])
def test_an_update_of_a_queue_takes_no_instance_from_those_that_work_it_off(
    sagemaker: SageMaker, there: int, keeps: bool
) -> None:
    # As few as none would be kept too, and nobody would answer the smoke test.
    deployed(sagemaker, 2)
    (variant,) = sagemaker.endpoints[ENDPOINT]["ProductionVariants"]
    variant["CurrentInstanceCount"] = there

    plan = plan_for(
        sagemaker,
        mode="async",
        asynchronous=Asynchronous(max_instances=3, backlog_per_instance=5),
        success_topic_arn="arn:aws:sns:eu-west-1:111122223333:answers",
        error_topic_arn="arn:aws:sns:eu-west-1:111122223333:errors",
    )

    assert plan["endpoint"].get("RetainAllVariantProperties", False) == keeps


def test_a_plan_is_the_same_each_time(sagemaker: SageMaker) -> None:
    first = plan_for(sagemaker)

    assert plan_for(sagemaker) == first
    assert re.fullmatch(rf"{GROUP}-v3-[0-9a-f]{{8}}", name_of(first))
    assert name_of(first) == first["model"]["ModelName"]


@pytest.mark.parametrize(
    "change",
    [
        {"instance_type": "ml.c5.large"},
        {"instance_count": 2},
        {"model_role_arn": ROLE + "2"},
        {"kms_key_arn": ""},
    ],
)
def test_other_settings_are_another_deployment(
    sagemaker: SageMaker, change: dict[str, Any]
) -> None:
    assert name_of(plan_for(sagemaker, **change)) != name_of(plan_for(sagemaker))


def test_instances_with_storage_of_their_own_get_no_key(sagemaker: SageMaker) -> None:
    assert "KmsKeyId" not in plan_for(sagemaker, kms_key_arn="")["endpoint_config"]


def test_the_first_deployment_creates_the_endpoint(sagemaker: SageMaker) -> None:
    plan = plan_for(sagemaker)

    assert (plan["endpoint_exists"], plan["nothing_to_do"], plan["previous_config"]) == (
        False,
        False,
        None,
    )
    assert "first deployment" in plan["summary"]


def test_a_later_deployment_remembers_what_served_before(sagemaker: SageMaker) -> None:
    sagemaker.serve(f"{GROUP}-v2-00000000")

    plan = plan_for(sagemaker)

    assert plan["endpoint_exists"]
    assert not plan["nothing_to_do"]
    assert plan["previous_config"] == f"{GROUP}-v2-00000000"
    assert plan["previous_config"] in plan["summary"]
    assert sagemaker.calls == []


def test_an_event_that_comes_again_finds_the_model_live(sagemaker: SageMaker) -> None:
    first = plan_for(sagemaker)
    sagemaker.serve(name_of(first))
    sagemaker.record_as(first)

    plan = plan_for(sagemaker)

    assert plan["nothing_to_do"]
    assert plan["keep"] == [name_of(first)]
    assert sagemaker.calls == []


def test_what_an_execution_that_died_left_behind_is_removed(sagemaker: SageMaker) -> None:
    sagemaker.serve(f"{GROUP}-v2-00000000")
    name = name_of(plan_for(sagemaker))
    sagemaker.add(name)

    plan_for(sagemaker)

    assert sagemaker.calls == [f"DeleteEndpointConfig {name}", f"DeleteModel {name}"]


@pytest.mark.parametrize(
    "status", ["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"]
)
def test_an_endpoint_in_the_middle_of_a_change_is_planned_for_later(
    sagemaker: SageMaker, status: str
) -> None:
    sagemaker.serve(f"{GROUP}-v2-00000000", status)

    with pytest.raises(EndpointBusy, match=status):
        plan_for(sagemaker)

    assert sagemaker.calls == []


def test_a_failed_endpoint_is_deleted_and_then_created_anew(sagemaker: SageMaker) -> None:
    sagemaker.serve(f"{GROUP}-v2-00000000", "Failed", FailureReason="no capacity")

    with pytest.raises(EndpointBusy, match="no capacity"):
        plan_for(sagemaker)
    assert sagemaker.calls == ["DeleteEndpoint"]
    sagemaker.settle()

    assert not plan_for(sagemaker)["endpoint_exists"]


@pytest.mark.parametrize("status", ["OutOfService", "UpdateRollbackFailed"])
def test_an_endpoint_that_needs_an_operator_is_left_alone_and_says_what_to_do(
    sagemaker: SageMaker, status: str
) -> None:
    sagemaker.serve(f"{GROUP}-v2-00000000", status)

    with pytest.raises(EndpointUnusable, match="UpdateEndpoint"):
        plan_for(sagemaker)

    assert sagemaker.calls == []


def test_a_version_that_serves_and_was_not_recorded_is_proved_again(sagemaker: SageMaker) -> None:
    """The execution that brought it was stopped before it had asked it anything."""
    before = deployed(sagemaker, 2)
    name = name_of(plan_for(sagemaker))
    sagemaker.serve(name)
    sagemaker.calls.clear()

    plan = plan_for(sagemaker)

    assert not plan["nothing_to_do"]
    assert (plan["make_model"], plan["make_config"], plan["update"]) == (False, False, False)
    assert plan["bake"]
    assert plan["previous_config"] == before
    assert plan["champion"]["config"] == name
    assert [each["config"] for each in plan["champion"]["history"]] == [before]
    assert sagemaker.calls == []


def test_what_served_before_the_record_was_kept_is_its_history(sagemaker: SageMaker) -> None:
    old = f"{GROUP}-v2-00000000"
    sagemaker.serve(old)
    sagemaker.packages_of[old] = PACKAGE.replace("/3", "/2")

    plan = plan_for(sagemaker)

    assert [each["version"] for each in plan["champion"]["history"]] == [2]


def test_the_last_three_are_kept_and_no_more(sagemaker: SageMaker) -> None:
    first, second, third = (deployed(sagemaker, version) for version in (1, 2, 3))
    plan = plan_of(sagemaker, 4)

    assert plan["keep"][:3] == [name_of(plan), third, second]
    assert first not in plan["keep"]


def test_an_approval_that_comes_late_does_not_bring_its_model_back(sagemaker: SageMaker) -> None:
    deployed(sagemaker, 3)
    live = deployed(sagemaker, 4)

    late = plan_for(sagemaker, 3)

    assert late["nothing_to_do"]
    assert "approve it again" in late["summary"]
    assert sagemaker.endpoints[ENDPOINT]["EndpointConfigName"] == live
    assert late["keep"]


def test_of_two_approvals_in_one_second_the_greater_version_is_the_later_one(
    sagemaker: SageMaker,
) -> None:
    deployed(sagemaker, 3)
    for version in (2, 4):
        sagemaker.packages[package(version)["ModelPackageArn"]] = package(version)
    same_second = {"time": approval(3)["time"]}

    lower = planner_of(sagemaker).plan(approval(2) | same_second)
    greater = planner_of(sagemaker).plan(approval(4) | same_second)

    assert lower["nothing_to_do"]
    assert not greater["nothing_to_do"]


def test_an_approval_by_hand_without_a_time_is_never_late(sagemaker: SageMaker) -> None:
    deployed(sagemaker, 3)
    deployed(sagemaker, 4)
    event = {key: value for key, value in approval(3).items() if key != "time"}

    assert not planner_of(sagemaker).plan(event)["nothing_to_do"]


def test_a_late_approval_during_a_split_lets_its_new_model_alone(sagemaker: SageMaker) -> None:
    deployed(sagemaker, 3)
    sagemaker.packages[package(4)["ModelPackageArn"]] = package(4)
    sagemaker.do(plan_for(sagemaker, 4, first_share=0.1))

    late = plan_for(sagemaker, 3, first_share=0.1)

    assert late["nothing_to_do"]
    assert late["keep"] == []


def test_a_package_that_a_deployment_failed_with_is_not_tried_by_itself(
    sagemaker: SageMaker,
) -> None:
    sagemaker.packages[PACKAGE] = package(
        3, ModelApprovalStatus="Rejected", ApprovalDescription=f"{FAILED_MARK}: smoke test"
    )

    plan = plan_for(sagemaker)

    assert plan["nothing_to_do"]
    assert "smoke test. To try again, approve it again" in plan["summary"]


def test_an_approval_that_was_withdrawn_meanwhile_is_refused(sagemaker: SageMaker) -> None:
    sagemaker.packages[PACKAGE] = package(3, ModelApprovalStatus="Rejected")

    with pytest.raises(ApprovalWithdrawn, match="it is Rejected now"):
        plan_for(sagemaker)


def test_a_package_that_was_deleted_meanwhile_is_refused(sagemaker: SageMaker) -> None:
    del sagemaker.packages[PACKAGE]

    with pytest.raises(ModelPackageRefused, match="was deleted after its approval"):
        plan_for(sagemaker)


def test_all_reasons_against_a_package_are_given_at_once(sagemaker: SageMaker) -> None:
    sagemaker.packages[PACKAGE] = package(
        3,
        ModelApprovalStatus="PendingManualApproval",
        ModelPackageStatus="Failed",
        CustomerMetadataProperties={},
    )

    with pytest.raises(ModelPackageRefused) as caught:
        plan_for(sagemaker)

    for part in ("PendingManualApproval", "status is Failed", "CustomerMetadataProperties.samples"):
        assert part in str(caught.value)


def test_events_of_other_groups_and_other_kinds_are_refused(sagemaker: SageMaker) -> None:
    planner = planner_of(sagemaker)

    with pytest.raises(ModelPackageRefused, match="group cats"):
        planner.plan(approval(ModelPackageGroupName="cats"))
    with pytest.raises(EventError, match="Object Created"):
        planner.plan({**approval(), "detail-type": "Object Created"})


def test_another_change_of_a_package_approved_long_ago_does_not_deploy_it(
    sagemaker: SageMaker,
) -> None:
    """SageMaker tells of every change of a package, with the approval status that it has."""
    sagemaker.serve(f"{GROUP}-v4-00000000")

    plan = planner_of(sagemaker).plan(approval(UpdatedModelPackageFields=["ModelLifeCycle"]))

    assert plan["nothing_to_do"]
    assert "ModelLifeCycle" in plan["summary"]
    assert sagemaker.calls == []


@pytest.mark.parametrize("fields", [[], None, ["ModelApprovalStatus", "ApprovalDescription"]])
def test_a_new_approved_package_and_an_approval_are_deployed(
    sagemaker: SageMaker, fields: list[str] | None
) -> None:
    plan = planner_of(sagemaker).plan(approval(UpdatedModelPackageFields=fields))

    assert not plan["nothing_to_do"]


@pytest.mark.parametrize("status", ["Pending", "InProgress"])
def test_a_package_that_sagemaker_still_makes_is_planned_for_later(
    sagemaker: SageMaker, status: str
) -> None:
    sagemaker.packages[PACKAGE] |= {"ModelPackageStatus": status}

    with pytest.raises(ModelPackageUnfinished, match=status):
        plan_for(sagemaker)
