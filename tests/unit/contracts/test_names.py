from __future__ import annotations

import pytest

from contracts import names


@pytest.mark.parametrize(
    ("key", "workload"),
    [
        ("uploads/birds/a/1.png", "birds"),
        ("uploads/birds/", "birds"),
        ("uploads/birds", None),
        ("uploads//1.png", None),
        ("uploads/", None),
        ("datasets/birds/x/manifest.json", None),
        ("my/uploads/birds/1.png", None),
    ],
)
def test_the_folder_below_uploads_is_the_workload(key: str, workload: str | None) -> None:
    assert names.workload_of_key(key) == workload


def test_the_upload_prefix_leads_back_to_its_workload() -> None:
    assert names.workload_of_key(names.upload_prefix("birds") + "a/1.png") == "birds"


def test_names_carry_the_environment() -> None:
    made = {
        names.pipeline_name("dev", "birds"),
        names.model_package_group_name("dev", "birds"),
        names.endpoint_name("dev", "birds"),
        names.intake_state_machine_name("dev"),
        names.deployment_state_machine_name("dev", "birds"),
    }

    assert all(name.startswith("rookery-dev-") for name in made)


def test_keys_of_outputs_hold_letters_and_digits_only() -> None:
    assert names.output_key("UploadUri", "cifar-tensorflow2") == "UploadUriCifarTensorflow2"


def test_a_pipeline_leads_back_to_its_workload() -> None:
    pipeline = names.pipeline_name("dev", "cifar-tensorflow")
    assert names.workload_of_pipeline("dev", pipeline) == "cifar-tensorflow"


@pytest.mark.parametrize("pipeline", ["rookery-prod-birds", "rookery-dev-", "birds", ""])
def test_a_pipeline_of_another_environment_has_no_workload(pipeline: str) -> None:
    with pytest.raises(ValueError, match="does not begin with 'rookery-dev-'"):
        names.workload_of_pipeline("dev", pipeline)


def test_the_longest_names_that_are_allowed_fit_into_those_of_aws() -> None:
    environment = "e" * 16
    workload = "w" * (names.LONGEST_TOGETHER - len(environment))
    names.check_length(environment, workload)

    group = names.model_package_group_name(environment, workload)
    machine = names.deployment_state_machine_name(environment, workload)
    # SageMaker: models (as lambdas.deployment.requests names them), endpoints, package groups.
    assert len(f"{group}-v99999-01234567") == 63
    assert len(names.endpoint_name(environment, workload)) <= 63
    # EventBridge: rules, which are named like the state machine. Its own limit is 80, as SQS's.
    assert len(machine) <= 64
    assert len(f"{machine}-dead-letters") <= 80


def test_names_that_are_too_long_together_are_refused_with_both() -> None:
    with pytest.raises(names.NameTooLongError, match=r"'staging' and of the workload 'wwww+'.*39"):
        names.check_length("staging", "w" * 32)


def test_each_alarm_of_a_deployment_is_named_after_its_endpoint() -> None:
    named = names.deployment_alarm_names("dev", "birds")
    assert set(named) == set(names.DEPLOYMENT_ALARMS)
    assert named["5xx"] == "rookery-dev-birds-5xx"
