from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker import tuning_jobs
from local_cloud.sagemaker.tuner.checks import KIND
from tests.unit.local_cloud.tuning.conftest import MakeCloud
from tests.unit.local_cloud.tuning.fake_cloud import (
    LEARNING_RATE,
    Cloud,
    Outcome,
    objective,
    several_definitions,
    tuning_request,
)

GRID = {
    "CategoricalParameterRanges": [
        {"Name": "optimizer", "Values": ["sgd", "adam"]},
        {"Name": "batch", "Values": ["32", "64", "128"]},
    ]
}


def score(values: Mapping[str, str]) -> float:
    """Best with adam and large batches."""
    return (0.5 if values["optimizer"] == "adam" else 0.1) + int(values["batch"]) / 1000


def train(values: Mapping[str, str]) -> Outcome:
    return objective(score(values))


def train_by_rate(values: Mapping[str, str]) -> Outcome:
    return objective(float(values["learning-rate"]))


def warm(*parents: str, kind: str = "IdenticalDataAndAlgorithm") -> dict[str, Any]:
    listed = [{"HyperParameterTuningJobName": name} for name in parents]
    return {"WarmStartConfig": {"WarmStartType": kind, "ParentHyperParameterTuningJobs": listed}}


def test_a_warm_start_of_the_same_data_tries_nothing_a_second_time(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train)
    first = cloud.tune(name="first", ranges=GRID, strategy="Random", most=4)
    second = cloud.tune(name="second", ranges=GRID, strategy="Random", most=2, more=warm("first"))
    assert second["WarmStartConfig"] == warm("first")["WarmStartConfig"]
    tried = {
        (r["HyperParameters"]["optimizer"], r["HyperParameters"]["batch"])
        for r in cloud.jobs.requests
    }
    assert len(tried) == 6
    scores = [score({"optimizer": one, "batch": batch}) for one, batch in tried]
    overall = second["OverallBestTrainingJob"]
    assert overall["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == max(scores)
    best = {one["BestTrainingJob"]["TrainingJobName"] for one in (first, second)}
    assert overall["TrainingJobName"] in best
    assert overall["TuningJobName"] == overall["TrainingJobName"].rsplit("-", 2)[0]


def test_transfer_learning_has_no_overall_best_and_may_repeat_hyperparameters(
    make_cloud: MakeCloud,
) -> None:
    cloud = make_cloud(train)
    cloud.tune(name="first", ranges=GRID, strategy="Random", most=6)
    other_data = {
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {
                    "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/new"}
                },
            }
        ]
    }
    second = cloud.tune(
        name="second",
        ranges=GRID,
        strategy="Random",
        most=2,
        definition=other_data,
        more=warm("first", kind="TransferLearning"),
    )
    assert second["HyperParameterTuningJobStatus"] == "Completed"
    assert "OverallBestTrainingJob" not in second


def test_the_optimiser_starts_from_what_all_parents_found(make_cloud: MakeCloud) -> None:
    """What the parents found is near the optimum: so are all proposals, from the first one on."""
    cloud = make_cloud(lambda values: objective(-abs(float(values["learning-rate"]) - 0.03)))
    for name in ("first", "second"):
        cloud.tune(name=name, most=12, parallel=1, seed=len(name))
    cloud.tune(name="third", most=4, parallel=1, more=warm("first", "second"))
    learned = cloud.service.store.get(KIND, "third")["_prior"]
    assert len(learned) == 24
    rates = [
        float(one["TunedHyperParameters"]["learning-rate"]) for one in cloud.training_jobs("third")
    ]
    # Of values drawn at random on this scale, fewer than one of twelve lies so close.
    assert all(0.01 < rate < 0.09 for rate in rates)


def test_what_was_taken_over_outlives_the_parent_and_a_restart(make_cloud: MakeCloud) -> None:
    first = make_cloud(train)
    first.tune(name="first", ranges=GRID, strategy="Random", most=4)
    first.tasks.stopping = True
    first.call(
        "CreateHyperParameterTuningJob",
        tuning_request(name="second", ranges=GRID, strategy="Random", most=2, more=warm("first")),
    )
    first.tasks.join()
    first.service.store.delete(KIND, "first")

    second = make_cloud(train)
    tuning_jobs.resume(second.service)
    second.tasks.join()
    done = second.describe("second")
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    assert done["OverallBestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"][
        "Value"
    ] == score({"optimizer": "adam", "batch": "128"})
    tried = {
        (r["HyperParameters"]["optimizer"], r["HyperParameters"]["batch"])
        for r in [*first.jobs.requests, *second.jobs.requests]
    }
    assert len(tried) == 6


def test_a_static_hyperparameter_may_become_a_tuned_one(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train_by_rate)
    cloud.tune(name="first", most=3, definition={"StaticHyperParameters": {"depth": "4"}})
    both = {**LEARNING_RATE, "IntegerParameterRanges": [DEPTH]}
    cloud.tune(name="second", ranges=both, most=3, definition=NO_STATIC, more=warm("first"))
    prior = cloud.service.store.get(KIND, "second")["_prior"]
    assert [one["values"]["depth"] for one in prior] == ["4"] * 3


DEPTH = {"Name": "depth", "MinValue": "2", "MaxValue": "8"}
NO_STATIC: dict[str, Any] = {"StaticHyperParameters": {}}
TWO_RATES = {"CategoricalParameterRanges": [{"Name": "learning-rate", "Values": ["1", "2"]}]}
ELEVEN = {f"s{number}": "1" for number in range(11)}
ELEVEN_CHANGED = {f"s{number}": "2" for number in range(11)}


def parent(cloud: Cloud, **changes: Any) -> None:
    cloud.tune(name="first", most=2, **changes)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"more": warm("nobody")}, "can't find a tuning job called nobody"),
        ({"more": warm("first", "first")}, "must not name a tuning job twice"),
        (
            {"more": warm("first"), "definition": {"StaticHyperParameters": {"other": "2"}}},
            "The set of tunable plus static HyperParameter names is not the same across current "
            "and parent tuning jobs. Please ensure this set is constant when warm starting.",
        ),
        (
            {
                "more": warm("first"),
                "ranges": TWO_RATES,
                "most": 2,
            },
            "type of hyperparameters .'learning-rate'. must not change",
        ),
        (
            {
                "more": warm("first"),
                "config": {
                    "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "score"}
                },
            },
            "objective metric of a warm start tuning job must be the same",
        ),
        (
            {"more": warm("first"), "definition": {"EnableNetworkIsolation": True}},
            "Only the following fields in TrainingJobDefinition are allowed to change: "
            r"\[algorithmSpecification, inputDataConfig, outputDataConfig, staticHyperParameters, "
            "roleArn, resourceConfig, stoppingCondition, vpcConfig, enableManagedSpotTraining, "
            r"checkpointConfig\].",
        ),
        (
            {"more": warm("first"), "strategy": "Hyperband"},
            "Warm start is available for the strategies Bayesian and Random",
        ),
    ],
)
def test_a_warm_start_that_aws_would_refuse_is_refused(
    make_cloud: MakeCloud, changes: dict[str, Any], fault: str
) -> None:
    cloud = make_cloud(train_by_rate)
    parent(cloud)
    with pytest.raises(ValidationException, match=fault):
        cloud.call("CreateHyperParameterTuningJob", tuning_request(name="second", **changes))


def test_a_parent_that_still_runs_is_refused(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train_by_rate, seconds=60)
    cloud.call("CreateHyperParameterTuningJob", tuning_request(name="first"))
    with pytest.raises(ValidationException, match=r"\[first\] must be in a terminal state"):
        cloud.call(
            "CreateHyperParameterTuningJob", tuning_request(name="second", more=warm("first"))
        )


def test_more_than_ten_changes_of_static_hyperparameters_are_refused(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train_by_rate)
    parent(cloud, definition={"StaticHyperParameters": ELEVEN})
    request = tuning_request(
        name="second", definition={"StaticHyperParameters": ELEVEN_CHANGED}, more=warm("first")
    )
    with pytest.raises(ValidationException, match=r"is \[11\] .* must not be more than 10"):
        cloud.call("CreateHyperParameterTuningJob", request)


def test_several_definitions_take_no_warm_start(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train_by_rate)
    parent(cloud)
    request = {**several_definitions({"one": LEARNING_RATE}), **warm("first")}
    with pytest.raises(ValidationException, match="only when tuning a single algorithm"):
        cloud.call("CreateHyperParameterTuningJob", request)
