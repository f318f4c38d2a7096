"""What is said of the members of requests is complete, is done, and is what the page says."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker import dispatch, runtime_headers, validation
from local_cloud.sagemaker.search import resources
from local_cloud.sagemaker.treatment import coverage, document, enforcement, table
from local_cloud.sagemaker.treatment.rules import Rule, ignored, refused, treatment, works

ROOT = Path(__file__).resolve().parents[4]
CONTROL_PLANE = {
    action: rules for family in table.CONTROL_PLANE for action, rules in family.actions.items()
}
SHAPES = {
    **{action: validation.operation(action).input_shape for action in CONTROL_PLANE},
    **{
        action: runtime_headers.MODEL.operation(action).input_shape
        for action in table.RUNTIME.actions
    },
}


def channel(**changes: Any) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://data/x"}
    return {"ChannelName": "train", "DataSource": {"S3DataSource": source}, **changes}


def test_every_action_has_a_treatment_and_no_other() -> None:
    assert CONTROL_PLANE.keys() == dispatch.ACTIONS.keys()
    assert table.RUNTIME.actions.keys() == {action for action, _ in dispatch.INVOKERS.values()}


@pytest.mark.parametrize("action", table.RULES)
def test_something_is_said_of_every_member_that_botocore_knows(action: str) -> None:
    assert list(coverage.faults(action, table.RULES[action], SHAPES[action])) == []


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        (works("TrainingJob"), "nothing is said of TrainingJobName"),
        (works("TrainingJobName", "Gone"), "there is no member Gone"),
        (works("TrainingJobName", "TrainingJobName"), "TrainingJobName is said twice"),
        (refused("", "TrainingJobName"), "TrainingJobName is refused for no reason"),
    ],
)
def test_a_gap_in_what_is_said_is_found(rules: tuple[Rule, ...], fault: str) -> None:
    shape = SHAPES["DescribeTrainingJob"]
    assert f"DescribeTrainingJob: {fault}" in list(
        coverage.faults("DescribeTrainingJob", rules, shape)
    )


def test_a_value_that_is_none_and_a_rule_within_what_is_refused_are_found() -> None:
    rules = treatment(
        works("NextToken", "MaxResults", "StatusEquals", "CreationTimeAfter", "CreationTimeBefore"),
        works("LastModifiedTimeAfter", "LastModifiedTimeBefore", "NameContains", "SortOrder"),
        refused("no", "SortBy", values=("Colour",)),
        works("SortBy"),
    )
    shape = SHAPES["ListProcessingJobs"]
    assert list(coverage.faults("A", rules, shape)) == ["A: SortBy has no value Colour"]
    rules = treatment(refused("no", "Tags"), ignored("no", "Tags[].Key"), works("ResourceArn"))
    shape = SHAPES["AddTags"]
    assert list(coverage.faults("A", rules, shape)) == [
        "A: Tags[].Key lies in Tags, which is refused"
    ]


def test_all_that_is_refused_is_named_in_one_answer_with_place_and_reason() -> None:
    request = {
        "InputDataConfig": [
            channel(),
            channel(DataSource={"DatasetSource": {"DatasetArn": "arn"}}),
        ],
        "ResourceConfig": {"InstanceGroups": [{"InstanceGroupName": "a"}]},
        "MlflowConfig": {"MlflowResourceArn": "arn"},
    }
    with pytest.raises(ValidationException) as caught:
        enforcement.check("CreateTrainingJob", request)
    message = caught.value.message
    assert message.startswith("The local cloud does not support 3 members of this CreateTrainingJ")
    assert "InputDataConfig[1].DataSource.DatasetSource: the local cloud has no data " in message
    assert "ResourceConfig.InstanceGroups: the local cloud has no heterogeneous" in message
    assert "MlflowConfig: " in message
    assert message.endswith("See docs/local-sagemaker-api.md.")


def test_what_is_empty_is_not_used() -> None:
    given: list[dict[str, Any]] = [{"InputName": "x", "DatasetDefinition": {}}]
    assert enforcement.refusals("CreateProcessingJob", {"ProcessingInputs": given}) == []
    given[0]["DatasetDefinition"] = {"LocalPath": "/opt/ml/processing/x"}
    refusals = enforcement.refusals("CreateProcessingJob", {"ProcessingInputs": given})
    assert [one.partition(":")[0] for one in refusals] == ["ProcessingInputs[0].DatasetDefinition"]


def test_ignored_members_that_are_not_switched_off_are_told_to_the_log_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    notices = enforcement.Notices()
    request = {"EnableManagedSpotTraining": True, "VpcConfig": {}}
    with caplog.at_level(logging.INFO, logger="local_cloud.sagemaker"):
        notices.tell("CreateTrainingJob", {"EnableManagedSpotTraining": False})
        for _ in range(2):
            notices.tell("CreateTrainingJob", request)
    assert caplog.messages == [
        "CreateTrainingJob: EnableManagedSpotTraining is ignored: a job on this machine is never "
        "interrupted"
    ]


def test_all_resources_are_searched_but_those_that_are_refused() -> None:
    wanted = set(validation.operation("Search").input_shape.members["Resource"].enum)
    refused_ones = {
        value for rule in table.RULES["Search"] if rule.path == "Resource" for value in rule.values
    }
    assert wanted - refused_ones == resources.RESOURCES.keys()


def test_the_page_says_what_the_code_does() -> None:
    """Write it anew: python -m local_cloud.sagemaker.treatment --write"""
    assert (ROOT / enforcement.DOCS_PAGE).read_text(encoding="utf-8") == document.page()
