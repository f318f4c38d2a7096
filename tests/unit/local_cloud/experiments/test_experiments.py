from __future__ import annotations

from typing import Any

import pytest

from local_cloud.json_api.errors import ApiError, ValidationException
from local_cloud.sagemaker.errors import ResourceNotFound
from local_cloud.sagemaker.experiments import tracking
from tests.unit.local_cloud.experiments.conftest import Cloud


def tree(cloud: Cloud) -> None:
    """The experiment Digits with the trial First, in which the component Prepare is."""
    cloud.call("CreateExperiment", ExperimentName="Digits", Description="ten")
    cloud.call("CreateTrial", TrialName="First", ExperimentName="digits")
    cloud.call("CreateTrialComponent", TrialComponentName="Prepare")
    cloud.call("AssociateTrialComponent", TrialComponentName="prepare", TrialName="first")


def names(cloud: Cloud, member: str, **request: Any) -> list[str]:
    answer = cloud.call(f"List{member}s", **request)
    return [summary[f"{member}Name"] for summary in answer[f"{member}Summaries"]]


def test_names_are_found_and_unique_in_any_spelling(cloud: Cloud) -> None:
    tree(cloud)
    found = cloud.call("DescribeExperiment", ExperimentName="DIGITS")
    assert found["ExperimentName"] == found["DisplayName"] == "Digits"
    assert found["ExperimentArn"].endswith(":experiment/digits")
    assert cloud.call("DescribeTrial", TrialName="FIRST")["ExperimentName"] == "Digits"
    arn = cloud.call("DescribeTrialComponent", TrialComponentName="Prepare")["TrialComponentArn"]
    assert cloud.call("DescribeTrialComponent", TrialComponentName=arn)["TrialComponentArn"] == arn
    for action, request in (
        ("CreateExperiment", {"ExperimentName": "dIGITS"}),
        ("CreateTrial", {"TrialName": "fIRST", "ExperimentName": "Digits"}),
        ("CreateTrialComponent", {"TrialComponentName": "PREPARE"}),
    ):
        with pytest.raises(ValidationException, match="already exists"):
            cloud.call(action, **request)


def test_what_is_not_there_is_said_to_be_missing_by_its_arn(cloud: Cloud) -> None:
    for action, request, arn in (
        ("DescribeExperiment", {"ExperimentName": "X"}, "experiment/x"),
        ("CreateTrial", {"TrialName": "t", "ExperimentName": "X"}, "experiment/x"),
        ("ListTrials", {"ExperimentName": "X"}, "experiment/x"),
        ("DeleteTrial", {"TrialName": "T"}, "experiment-trial/t"),
        ("ListTrialComponents", {"TrialName": "T"}, "experiment-trial/t"),
        ("UpdateTrialComponent", {"TrialComponentName": "C"}, "experiment-trial-component/c"),
    ):
        with pytest.raises(ResourceNotFound, match=f"{arn}' does not exist"):
            cloud.call(action, **request)


@pytest.mark.parametrize("where", ["us-west-2:000000000000", "us-east-1:111122223333"])
def test_arns_of_other_accounts_and_regions_mean_nothing_here(cloud: Cloud, where: str) -> None:
    tree(cloud)
    arn = f"arn:aws:sagemaker:{where}:experiment-trial-component/prepare"
    with pytest.raises(ResourceNotFound, match=f"{arn}' does not exist"):
        cloud.call("DescribeTrialComponent", TrialComponentName=arn)


def test_they_are_deleted_from_the_component_up_with_their_tags(cloud: Cloud) -> None:
    tree(cloud)
    arn = cloud.call("DescribeExperiment", ExperimentName="Digits")["ExperimentArn"]
    team = [{"Key": "team", "Value": "rooks"}]
    cloud.call("AddTags", ResourceArn=arn, Tags=team)
    with pytest.raises(ValidationException, match=r"trials .* must be deleted first.* First"):
        cloud.call("DeleteExperiment", ExperimentName="Digits")
    with pytest.raises(ValidationException, match=r"disassociated from it first.* Prepare"):
        cloud.call("DeleteTrial", TrialName="First")
    with pytest.raises(ValidationException, match="disassociated from all trials first"):
        cloud.call("DeleteTrialComponent", TrialComponentName="Prepare")
    pair = {"TrialComponentName": "Prepare", "TrialName": "First"}
    cloud.call("DisassociateTrialComponent", **pair)
    with pytest.raises(ValidationException, match="is not associated with trial"):
        cloud.call("DisassociateTrialComponent", **pair)
    cloud.call("DeleteTrialComponent", TrialComponentName="Prepare")
    cloud.call("DeleteTrial", TrialName="First")
    cloud.call("DeleteExperiment", ExperimentName="Digits")
    with pytest.raises(ValidationException, match="not found"):
        cloud.call("ListTags", ResourceArn=arn)
    cloud.call("CreateExperiment", ExperimentName="Digits")
    assert cloud.call("ListTags", ResourceArn=arn)["Tags"] == []


def test_descriptions_and_display_names_are_changed_and_removed(cloud: Cloud) -> None:
    tree(cloud)
    cloud.call("UpdateExperiment", ExperimentName="Digits", DisplayName="Numbers", Description="")
    found = cloud.call("DescribeExperiment", ExperimentName="Digits")
    assert found["DisplayName"] == "Numbers"
    assert "Description" not in found
    assert found["LastModifiedTime"] > found["CreationTime"]
    cloud.call("UpdateTrial", TrialName="First", DisplayName="Once")
    assert cloud.call("DescribeTrial", TrialName="First")["DisplayName"] == "Once"


def test_lists_are_filtered_sorted_and_paged(cloud: Cloud) -> None:
    tree(cloud)
    cloud.call("CreateExperiment", ExperimentName="Birds")
    cloud.call("CreateTrial", TrialName="Other", ExperimentName="Birds")
    cloud.call("CreateTrialComponent", TrialComponentName="Alone")
    assert names(cloud, "Experiment") == ["Birds", "Digits"]
    assert names(cloud, "Experiment", SortBy="Name", SortOrder="Ascending") == ["Birds", "Digits"]
    assert names(cloud, "Experiment", CreatedAfter=4e9) == []
    assert names(cloud, "Trial", ExperimentName="digits") == ["First"]
    assert names(cloud, "Trial", TrialComponentName="prepare") == ["First"]
    assert names(cloud, "TrialComponent") == ["Alone", "Prepare"]
    assert names(cloud, "TrialComponent", ExperimentName="Digits") == ["Prepare"]
    assert names(cloud, "TrialComponent", TrialName="Other") == []
    with pytest.raises(ValidationException, match="Only one of"):
        names(cloud, "TrialComponent", TrialName="First", ExperimentName="Digits")
    page = cloud.call("ListExperiments", MaxResults=1)
    assert names(cloud, "Experiment", NextToken=page["NextToken"]) == ["Digits"]


CONFIG = {"ExperimentName": "Digits", "TrialName": "First"}


def track(cloud: Cloud, name: str, config: dict[str, str], **more: Any) -> str:
    """What CreateTrainingJob does of an ExperimentConfig; answers the component's name."""
    request = {"ExperimentConfig": config}
    tracking.check(cloud.service, request)
    arn = cloud.training_job(name, **more)
    tracking.track(cloud.service, request, "training-job", arn)
    (component,) = names(cloud, "TrialComponent", SourceArn=arn)
    return component


METRICS = [
    {"MetricName": "loss", "Value": value, "Timestamp": 10.0 + value} for value in (3.0, 1.0)
]


def test_a_job_becomes_a_component_that_follows_its_record(cloud: Cloud) -> None:
    tree(cloud)
    name = track(cloud, "job", {**CONFIG, "TrialComponentDisplayName": "Train"}, _metrics=METRICS)
    assert name == "job-aws-training-job"
    found = cloud.call("DescribeTrialComponent", TrialComponentName=name)
    assert found["DisplayName"] == "Train"
    assert found["Source"]["SourceType"] == "SageMakerTrainingJob"
    assert found["Status"]["PrimaryStatus"] == "InProgress"
    assert found["Parameters"]["epochs"] == {"NumberValue": 3.0}
    assert found["Parameters"]["optimizer"] == {"StringValue": "adam"}
    assert found["Parameters"]["SageMaker.InstanceType"] == {"StringValue": "ml.m5.large"}
    assert found["OutputArtifacts"]["SageMaker.ModelArtifact"]["Value"].endswith("model.tar.gz")
    (loss,) = found["Metrics"]
    assert (loss["Max"], loss["Min"], loss["Last"], loss["Avg"], loss["Count"]) == (3, 1, 1, 2, 2)
    assert names(cloud, "TrialComponent", TrialName="First") == [name, "Prepare"]
    cloud.service.store.update("training-job", "job", TrainingJobStatus="Completed")
    found = cloud.call("DescribeTrialComponent", TrialComponentName=name)
    assert found["Status"]["PrimaryStatus"] == "Completed"


def test_a_hyperparameter_that_json_has_no_number_for_stays_a_text(cloud: Cloud) -> None:
    tree(cloud)
    name = track(cloud, "job", CONFIG, HyperParameters={"clip": "inf", "empty": ""})
    found = cloud.call("DescribeTrialComponent", TrialComponentName=name)["Parameters"]
    assert (found["clip"], found["empty"]) == ({"StringValue": "inf"}, {"StringValue": ""})


def test_what_a_client_sets_on_a_jobs_component_stays(cloud: Cloud) -> None:
    tree(cloud)
    name = track(cloud, "job", CONFIG)
    cloud.call(
        "UpdateTrialComponent",
        TrialComponentName=name,
        Parameters={"accuracy": {"NumberValue": 0.9}},
        ParametersToRemove=["epochs"],
        DisplayName="Best",
    )
    found = cloud.call("DescribeTrialComponent", TrialComponentName=name)
    assert {"accuracy", "optimizer"} <= found["Parameters"].keys()
    assert "epochs" not in found["Parameters"]
    assert found["DisplayName"] == "Best"
    back = {"epochs": {"NumberValue": 4.0}}
    cloud.call("UpdateTrialComponent", TrialComponentName=name, Parameters=back)
    found = cloud.call("DescribeTrialComponent", TrialComponentName=name)
    assert found["Parameters"].items() >= back.items()


def test_a_component_outlives_its_job_and_the_next_job_gets_its_own(cloud: Cloud) -> None:
    tree(cloud)
    name = track(cloud, "job", CONFIG, TrainingJobStatus="Failed", FailureReason="AlgorithmError")
    before = cloud.call("DescribeTrialComponent", TrialComponentName=name)
    cloud.call("DeleteTrainingJob", TrainingJobName="job")
    after = cloud.call("DescribeTrialComponent", TrialComponentName=name)
    assert after == before
    assert "AlgorithmError" in after["Status"]["Message"]
    request = {"ExperimentConfig": CONFIG}
    arn = cloud.training_job("job")
    tracking.track(cloud.service, request, "training-job", arn)
    first, second = names(cloud, "TrialComponent", SourceArn=arn)
    assert {first, second} > {name}
    assert cloud.call("DescribeTrialComponent", TrialComponentName=name) == before


def test_an_experiment_without_a_trial_gets_one_for_the_job(cloud: Cloud) -> None:
    tree(cloud)
    name = track(cloud, "job", {"ExperimentName": "Digits"})
    (trial,) = names(cloud, "Trial", TrialComponentName=name)
    assert trial not in ("First", "Other")
    assert cloud.call("DescribeTrial", TrialName=trial)["ExperimentName"] == "Digits"


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        ({"ExperimentName": "none"}, "experiment/none' does not exist"),
        ({"TrialName": "none"}, "experiment-trial/none' does not exist"),
        ({"ExperimentName": "Birds", "TrialName": "First"}, "of experiment 'Digits', not of"),
    ],
)
def test_a_job_is_refused_whose_experiment_or_trial_is_not_there(
    cloud: Cloud, config: dict[str, str], fault: str
) -> None:
    tree(cloud)
    cloud.call("CreateExperiment", ExperimentName="Birds")
    with pytest.raises(ApiError, match=fault):
        tracking.check(cloud.service, {"ExperimentConfig": config})
