"""What Describe and the Lists answer, and what is refused before a search begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.tuner.checks import KIND
from tests.unit.local_cloud.tuning.conftest import MakeCloud
from tests.unit.local_cloud.tuning.fake_cloud import (
    DEFINITION,
    Cloud,
    Outcome,
    objective,
    tuning_request,
)

NAME = "HyperParameterTuningJobName"
DEPTHS = {"IntegerParameterRanges": [{"Name": "depth", "MinValue": "1", "MaxValue": "3"}]}
LETTERS = {"CategoricalParameterRanges": [{"Name": "letter", "Values": ["a", "b", "c"]}]}


def train(values: Mapping[str, str]) -> Outcome:
    if values.get("letter") == "b":
        return {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: b"}
    return objective({"a": 0.9, "c": 0.2}.get(values.get("letter", ""), 0.5))


def test_a_description_has_what_a_tuning_job_takes_by_default(make_cloud: MakeCloud) -> None:
    done = make_cloud(train).tune(most=1, parallel=1, ranges=DEPTHS)
    config = done["HyperParameterTuningJobConfig"]
    assert config["TrainingJobEarlyStoppingType"] == "Off"
    assert config["ParameterRanges"] == {
        **DEPTHS,
        "ContinuousParameterRanges": [],
        "CategoricalParameterRanges": [],
    }
    static = done["TrainingJobDefinition"]["StaticHyperParameters"]
    assert static == {"epochs": "2", "_tuning_objective_metric": "score"}


def test_a_request_made_of_a_description_is_accepted(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train)
    done = cloud.tune(most=1, parallel=1)
    again = {key: done[key] for key in ("HyperParameterTuningJobConfig", "TrainingJobDefinition")}
    cloud.call("CreateHyperParameterTuningJob", {NAME: "again", **again})
    cloud.tasks.join()
    assert cloud.describe("again")["HyperParameterTuningJobStatus"] == "Completed"


BUILTIN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


def builtin(**algorithm: Any) -> dict[str, Any]:
    """A request that tunes the built-in XGBoost."""
    specification = {"TrainingImage": BUILTIN, "TrainingInputMode": "File", **algorithm}
    target = {"Type": "Maximize", "MetricName": "validation:auc"}
    return tuning_request(
        most=1,
        parallel=1,
        config={"HyperParameterTuningJobObjective": target},
        definition={"AlgorithmSpecification": specification},
    )


def test_a_builtin_algorithm_is_described_with_its_metrics_which_a_request_may_repeat(
    make_cloud: MakeCloud,
) -> None:
    cloud = make_cloud(train)
    cloud.call("CreateHyperParameterTuningJob", builtin())
    cloud.tasks.join()
    algorithm = cloud.describe()["TrainingJobDefinition"]["AlgorithmSpecification"]
    names = [one["Name"] for one in algorithm["MetricDefinitions"]]
    assert "validation:auc" in names
    again = {**builtin(MetricDefinitions=algorithm["MetricDefinitions"]), NAME: "again"}
    cloud.call("CreateHyperParameterTuningJob", again)
    cloud.tasks.join()
    with pytest.raises(ValidationException, match="You can't override the metric definitions"):
        cloud.call(
            "CreateHyperParameterTuningJob",
            builtin(MetricDefinitions=[{"Name": "validation:auc", "Regex": "auc=(.*)"}]),
        )


def test_training_jobs_are_listed_by_status_order_and_page(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train)
    cloud.tune(ranges=LETTERS, strategy="Grid", most=None)
    by_name = cloud.training_jobs()
    assert [one["TunedHyperParameters"]["letter"] for one in by_name] == ["a", "b", "c"]
    newest = cloud.training_jobs(SortBy="CreationTime", SortOrder="Descending")
    assert newest == by_name[::-1]
    assert cloud.training_jobs(StatusEquals="Failed") == [by_name[1]]
    assert by_name[1]["FailureReason"] == "AlgorithmError: b"
    assert [one["ObjectiveStatus"] for one in by_name] == ["Succeeded", "Failed", "Succeeded"]
    by_value = cloud.training_jobs(SortBy="FinalObjectiveMetricValue")
    assert by_value == [by_name[2], by_name[0]]
    by_status = cloud.training_jobs(SortBy="Status")
    assert [one["TrainingJobStatus"] for one in by_status] == ["Completed", "Completed", "Failed"]


def test_training_jobs_are_listed_page_by_page(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train)
    cloud.tune(ranges=LETTERS, strategy="Grid", most=None)
    request: dict[str, Any] = {NAME: "tuning", "MaxResults": 2}
    first = cloud.call("ListTrainingJobsForHyperParameterTuningJob", request)
    request["NextToken"] = first["NextToken"]
    second = cloud.call("ListTrainingJobsForHyperParameterTuningJob", request)
    assert "NextToken" not in second
    assert [*first["TrainingJobSummaries"], *second["TrainingJobSummaries"]] == (
        cloud.training_jobs()
    )


def listed(cloud: Cloud, **request: Any) -> list[str]:
    answer = cloud.call("ListHyperParameterTuningJobs", request)
    return [one[NAME] for one in answer["HyperParameterTuningJobSummaries"]]


def test_tuning_jobs_are_listed_by_name_status_time_and_order(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train)
    for name in ("zebra", "ant"):
        cloud.tune(name=name, most=1, parallel=1)
    cloud.service.store.update(KIND, "ant", HyperParameterTuningJobStatus="Failed")
    assert listed(cloud) == ["ant", "zebra"]
    assert listed(cloud, SortBy="CreationTime") == ["zebra", "ant"]
    assert listed(cloud, SortOrder="Descending") == ["zebra", "ant"]
    assert listed(cloud, NameContains="eb") == ["zebra"]
    assert listed(cloud, StatusEquals="Failed") == ["ant"]
    created = cloud.describe("ant")["CreationTime"]
    assert listed(cloud, CreationTimeAfter=created) == ["ant"]
    answer = cloud.call("ListHyperParameterTuningJobs", {"MaxResults": 1})
    (summary,) = answer["HyperParameterTuningJobSummaries"]
    assert "NextToken" in answer
    assert summary["Strategy"] == "Bayesian"
    assert summary["TrainingJobStatusCounters"]["Completed"] == 1


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"ranges": DEPTHS, "most": 10},
            "You don't have enough combinations of hyperparameter ranges. The total number of "
            r"hyperparameter combinations for the provided ranges \[3.0\] must be equal or greater "
            r"than the value of MaxNumberOfJobs, \[10\]. Provide additional ranges.",
        ),
        (
            {"ranges": LETTERS, "strategy": "Grid", "most": 4},
            r"MaxNumberOfTrainingJobs \[4\] should equal .* combinations possible \[3\]",
        ),
        ({"most": None}, "MaxNumberOfTrainingJobs is required for the strategy Bayesian"),
        (
            {"definition": {"StaticHyperParameters": {f"s{n}": "1" for n in range(99)}}},
            "At most 100 hyperparameters are allowed in total",
        ),
        ({"ranges": {"IntegerParameterRanges": []}}, "At least one hyperparameter range"),
        (
            {"definition": {"StaticHyperParameters": {"_tuning_objective_metric": "other"}}},
            "is set by SageMaker itself",
        ),
        (
            {
                "definition": {
                    "AlgorithmSpecification": {
                        **DEFINITION["AlgorithmSpecification"],
                        "TrainingImage": "763104351884.dkr.ecr.us-east-1.amazonaws.com/nothing:1",
                    }
                }
            },
            "nothing that stands for the image",
        ),
        (
            {"definition": {"RoleArn": "arn:aws:iam::000000000000:role/other"}},
            "Could not assume role",
        ),
        (
            {"definition": {"EnableManagedSpotTraining": True}},
            "Invalid MaxWaitTimeInSeconds",
        ),
    ],
)
def test_a_request_is_refused_before_its_search_begins(
    make_cloud: MakeCloud, changes: dict[str, Any], fault: str
) -> None:
    cloud = make_cloud(train)
    with pytest.raises(ValidationException, match=fault):
        cloud.call("CreateHyperParameterTuningJob", tuning_request(**changes))
    assert cloud.service.store.list(KIND) == []


def test_all_faults_of_a_request_are_told_together(make_cloud: MakeCloud) -> None:
    request = tuning_request(
        most=2, parallel=3, definition={"StaticHyperParameters": {"depth": "1"}}
    )
    request["HyperParameterTuningJobConfig"]["ParameterRanges"] = {
        "IntegerParameterRanges": [{"Name": "depth", "MinValue": "3", "MaxValue": "3"}],
        "ContinuousParameterRanges": [{"Name": "rate", "MinValue": "x", "MaxValue": "1"}],
    }
    with pytest.raises(ValidationException) as refused:
        make_cloud(train).call("CreateHyperParameterTuningJob", request)
    for fault in (
        "MaxParallelTrainingJobs [3] must be less than or equal to MaxNumberOfTrainingJobs [2].",
        "Range of hyperparameter [depth]: MinValue [3] must be less than MaxValue [3].",
        "Range of hyperparameter [rate]: MinValue 'x' is no float.",
    ):
        assert fault in refused.value.message
