from __future__ import annotations

import math
import statistics
import time
from collections.abc import Mapping
from typing import Any

import pytest

from local_cloud.json_api.errors import ApiError, ValidationException
from local_cloud.sagemaker import tuning_jobs
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.tuner import ranges, strategy
from local_cloud.sagemaker.tuner.search import KIND
from tests.unit.local_cloud.tuning.conftest import MakeCloud
from tests.unit.local_cloud.tuning.fake_cloud import Outcome, objective, tuning_request

MIXED = {
    "ContinuousParameterRanges": [
        {
            "Name": "learning-rate",
            "MinValue": "0.0001",
            "MaxValue": "0.1",
            "ScalingType": "Logarithmic",
        },
        {"Name": "momentum", "MinValue": "0", "MaxValue": "1", "ScalingType": "Linear"},
    ],
    "CategoricalParameterRanges": [{"Name": "optimizer", "Values": ["sgd", "adam"]}],
}
GRID = {
    "CategoricalParameterRanges": [
        {"Name": "optimizer", "Values": ["sgd", "adam"]},
        {"Name": "batch-size", "Values": ["32", "128", "256"]},
    ]
}


def peaked(values: Mapping[str, str]) -> float:
    """Best (0) at learning-rate 0.003, momentum 0.7, adam."""
    return -(
        abs(math.log10(float(values["learning-rate"])) - math.log10(0.003))
        + 2 * abs(float(values["momentum"]) - 0.7)
        + (values["optimizer"] == "sgd") * 0.5
    )


def train_peaked(values: Mapping[str, str]) -> Outcome:
    return objective(peaked(values))


def train_flat(values: Mapping[str, str]) -> Outcome:
    return objective(0.5)


def best_of(name: str, seed: int, trials: int) -> float:
    """The best objective that a strategy finds in ``trials`` trials, one after the other."""
    space, _ = ranges.parse(MIXED)
    optimiser = strategy.create(name, space, direction="Maximize", seed=seed, max_jobs=trials)
    scores = []
    for number in range(1, trials + 1):
        score = peaked(optimiser.ask(number))
        optimiser.tell(number, score)
        scores.append(score)
    return max(scores)


def test_bayesian_search_finds_better_hyperparameters_than_random_search() -> None:
    bayesian = [best_of("Bayesian", seed, 40) for seed in range(8)]
    by_chance = [best_of("Random", seed, 40) for seed in range(8)]
    assert statistics.mean(bayesian) > 0.6 * statistics.mean(by_chance)
    assert statistics.mean(bayesian) > -0.15


def test_a_tuning_job_finds_the_best_hyperparameters_within_a_tolerance(
    make_cloud: MakeCloud,
) -> None:
    cloud = make_cloud(train_peaked)
    done = cloud.tune(ranges=MIXED, most=40, parallel=1)
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    best = done["BestTrainingJob"]
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] > -0.3
    assert best["TunedHyperParameters"]["optimizer"] == "adam"
    assert done["TrainingJobStatusCounters"]["Completed"] == 40
    assert done["ObjectiveStatusCounters"] == {"Succeeded": 40, "Pending": 0, "Failed": 0}


def test_the_same_seed_proposes_the_same_hyperparameters() -> None:
    assert best_of("Bayesian", 3, 12) == best_of("Bayesian", 3, 12)
    assert best_of("Random", 3, 12) == best_of("Random", 3, 12)


def test_no_more_training_jobs_run_at_once_than_asked_for(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train_flat, seconds=0.02)
    cloud.tune(most=9, parallel=3)
    assert len(cloud.jobs.requests) == 9
    assert cloud.jobs.most_at_once == 3


def test_a_trial_is_an_ordinary_training_job_named_after_the_tuning_job(
    make_cloud: MakeCloud,
) -> None:
    cloud = make_cloud(train_flat)
    checkpoints = {"CheckpointConfig": {"S3Uri": "s3://bucket/checkpoints/"}}
    cloud.tune(most=1, parallel=1, definition=checkpoints)
    (request,) = cloud.jobs.requests
    name = request["TrainingJobName"]
    assert name.startswith("tuning-001-")
    assert len(name) == len("tuning-001-") + 8
    assert request["HyperParameters"]["epochs"] == "2"
    assert request["HyperParameters"]["_tuning_objective_metric"] == "score"
    assert isinstance(request["HyperParameters"]["learning-rate"], str)
    assert request["CheckpointConfig"]["S3Uri"] == f"s3://bucket/checkpoints/{name}"
    assert request["Tags"] == [{"Key": "team", "Value": "birds"}]


def test_tags_added_meanwhile_reach_the_training_jobs_that_begin_after_that(
    make_cloud: MakeCloud,
) -> None:
    late = [{"Key": "cost", "Value": "centre"}]

    def train(values: Mapping[str, str]) -> Outcome:
        arn = cloud.service.arn("hyper-parameter-tuning-job/tuning")
        cloud.call("AddTags", {"ResourceArn": arn, "Tags": late})
        return train_flat(values)

    cloud = make_cloud(train)
    cloud.tune(most=2, parallel=1)
    team = [{"Key": "team", "Value": "birds"}]
    assert [request["Tags"] for request in cloud.jobs.requests] == [team, [*late, *team]]


def test_one_bad_trial_does_not_fail_the_search(make_cloud: MakeCloud) -> None:
    calls: list[int] = []

    def train(values: Mapping[str, str]) -> Outcome:
        calls.append(1)
        if len(calls) == 2:
            return {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: no luck"}
        if len(calls) == 3:
            return {"TrainingJobStatus": "Completed"}
        return objective(0.5)

    done = make_cloud(train).tune(most=5, parallel=1)
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    assert done["TrainingJobStatusCounters"]["NonRetryableError"] == 1
    assert done["TrainingJobStatusCounters"]["Completed"] == 4
    assert done["ObjectiveStatusCounters"] == {"Succeeded": 3, "Pending": 0, "Failed": 2}


def test_a_tuning_job_gives_up_after_five_failures_without_success(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(lambda _: {"TrainingJobStatus": "Failed", "FailureReason": "ClientError"})
    done = cloud.tune(most=20, parallel=1)
    assert done["HyperParameterTuningJobStatus"] == "Failed"
    assert done["FailureReason"].startswith("No training job succeeded after 5 attempts.")
    assert "BestTrainingJob" not in done


def test_training_jobs_without_the_objective_metric_fail_the_tuning_job(
    make_cloud: MakeCloud,
) -> None:
    cloud = make_cloud(lambda _: {"TrainingJobStatus": "Completed"})
    done = cloud.tune(most=2, parallel=2)
    assert done["HyperParameterTuningJobStatus"] == "Failed"
    assert done["FailureReason"].startswith("No objective metrics found after running 2")


def test_the_best_training_job_follows_the_direction_of_the_objective(
    make_cloud: MakeCloud,
) -> None:
    minimise = {"HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "score"}}
    cloud = make_cloud(lambda values: objective(float(values["learning-rate"])))
    done = cloud.tune(most=6, config=minimise)
    listed = cloud.call(
        "ListTrainingJobsForHyperParameterTuningJob",
        {
            "HyperParameterTuningJobName": "tuning",
            "SortBy": "FinalObjectiveMetricValue",
            "SortOrder": "Ascending",
        },
    )["TrainingJobSummaries"]
    assert len(listed) == 6
    assert listed[0]["TrainingJobName"] == done["BestTrainingJob"]["TrainingJobName"]
    values = [one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for one in listed]
    assert values == sorted(values)


def test_a_grid_tries_each_combination_once(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train_flat)
    cloud.tune(ranges=GRID, strategy="Grid", most=None)
    tried = {
        (r["HyperParameters"]["optimizer"], r["HyperParameters"]["batch-size"])
        for r in cloud.jobs.requests
    }
    assert len(tried) == len(cloud.jobs.requests) == 6


def test_a_small_space_is_not_searched_twice_in_the_same_place(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train_flat)
    cloud.tune(ranges=GRID, strategy="Random", most=6)
    tried = {
        (r["HyperParameters"]["optimizer"], r["HyperParameters"]["batch-size"])
        for r in cloud.jobs.requests
    }
    assert len(tried) == 6


@pytest.mark.parametrize("name", ["Random", "Bayesian", "Hyperband"])
def test_each_combination_of_a_small_space_is_proposed_before_one_is_repeated(name: str) -> None:
    space, _ = ranges.parse(
        {
            "CategoricalParameterRanges": [{"Name": "letter", "Values": list("abcde")}],
            "IntegerParameterRanges": [{"Name": "depth", "MinValue": "1", "MaxValue": "6"}],
        }
    )
    optimiser = strategy.create(
        name, space, direction="Maximize", seed=1, max_jobs=30, resource=(1, 3)
    )
    proposed = set()
    for number in range(1, 31):
        proposed.add(tuple(optimiser.ask(number).values()))
        optimiser.tell(number, 0.5)
    assert len(proposed) == 30


def test_a_target_that_is_reached_ends_the_search(make_cloud: MakeCloud) -> None:
    criteria = {"TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 0.4}}
    done = make_cloud(train_flat).tune(most=10, parallel=1, config=criteria)
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    assert done["TrainingJobStatusCounters"]["Completed"] == 1


def test_stopping_stops_the_running_training_jobs(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train_flat, seconds=60)
    cloud.call("CreateHyperParameterTuningJob", tuning_request())
    while len(cloud.jobs.requests) < 2:
        time.sleep(0.002)
    cloud.call("StopHyperParameterTuningJob", {"HyperParameterTuningJobName": "tuning"})
    cloud.tasks.join()
    done = cloud.describe()
    assert done["HyperParameterTuningJobStatus"] == "Stopped"
    assert done["TrainingJobStatusCounters"]["Stopped"] == 2
    with pytest.raises(ValidationException, match="in status Stopped"):
        cloud.call("StopHyperParameterTuningJob", {"HyperParameterTuningJobName": "tuning"})


def test_a_training_job_that_is_refused_fails_the_search_and_stops_the_others(
    make_cloud: MakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = make_cloud(train_flat, seconds=60)
    start = cloud.jobs.start

    def refuse_the_second(service: Any, request: Mapping[str, Any], arn: str) -> None:
        if len(cloud.jobs.requests) == 1:
            raise ValidationException("no such role")
        start(service, request, arn)

    monkeypatch.setattr(tuning_jobs, "_start_training_job", refuse_the_second)
    done = cloud.tune(parallel=2)
    assert done["HyperParameterTuningJobStatus"] == "Failed"
    assert done["FailureReason"] == "ValidationException: no such role"
    counters = done["TrainingJobStatusCounters"]
    assert (counters["InProgress"], counters["Stopped"]) == (0, 1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_search_that_ends_by_an_error_leaves_no_training_job_running(
    make_cloud: MakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = make_cloud(train_flat, seconds=30)
    start = cloud.jobs.start

    def start_one(service: SageMakerService, request: Mapping[str, Any], arn: str) -> None:
        if cloud.jobs.requests:
            raise OSError("no space left on device")
        start(service, request, arn)

    monkeypatch.setattr(tuning_jobs, "_start_training_job", start_one)
    done = cloud.tune(most=8, parallel=2)
    assert done["HyperParameterTuningJobStatus"] == "Failed"
    assert "no space left on device" in done["FailureReason"]
    (request,) = cloud.jobs.requests
    job = cloud.service.store.get("training-job", request["TrainingJobName"])
    assert job["TrainingJobStatus"] == "Stopped"


def test_a_search_goes_on_after_a_restart_with_what_it_had_learned(make_cloud: MakeCloud) -> None:
    first = make_cloud(train_flat, seconds=60)
    first.call("CreateHyperParameterTuningJob", tuning_request(most=4, parallel=2))
    while len(first.service.store.list("training-job")) < 2:
        time.sleep(0.002)
    first.tasks.stopping = True
    first.tasks.join()
    one, two = (t["training_job"] for t in first.service.store.get(KIND, "tuning")["_trials"])

    second = make_cloud(train_flat)
    second.service.store.update("training-job", one, **objective(0.9))
    second.service.store.update(
        "training-job",
        two,
        TrainingJobStatus="Failed",
        FailureReason="InternalServerError: the local cloud was stopped",
    )
    tuning_jobs.resume(second.service)
    second.tasks.join()
    done = second.describe()
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    assert done["BestTrainingJob"]["TrainingJobName"] == one
    assert done["TrainingJobStatusCounters"]["RetryableError"] == 1
    assert done["TrainingJobStatusCounters"]["Completed"] == 4


def test_a_training_job_that_a_restart_finds_refused_fails_the_search(
    make_cloud: MakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_cloud(train_flat, seconds=60)
    first.call("CreateHyperParameterTuningJob", tuning_request(most=4, parallel=1))
    while not first.jobs.requests:
        time.sleep(0.002)
    first.tasks.stopping = True
    first.tasks.join()
    # The local cloud had recorded the trial, and ended before it created the training job.
    first.service.store.delete("training-job", first.jobs.requests[0]["TrainingJobName"])

    def refuse(service: Any, request: Mapping[str, Any], arn: str) -> None:
        raise ValidationException("no such role")

    second = make_cloud(train_flat)
    monkeypatch.setattr(tuning_jobs, "_start_training_job", refuse)
    tuning_jobs.resume(second.service)
    second.tasks.join()
    done = second.describe()
    assert done["HyperParameterTuningJobStatus"] == "Failed"
    assert done["FailureReason"] == "ValidationException: no such role"


def test_each_change_of_state_is_an_event(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train_flat)
    cloud.tune(most=1, parallel=1)
    assert [
        (kind, detail["HyperParameterTuningJobStatus"]) for kind, detail in cloud.events.published
    ] == [
        ("SageMaker HyperParameter Tuning Job State Change", "InProgress"),
        ("SageMaker HyperParameter Tuning Job State Change", "Completed"),
    ]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"parallel": 9}, "9] must be less than or equal to MaxNumberOfTrainingJobs .8"),
        ({"strategy": "Grid"}, "Only categorical parameters are supported"),
        (
            {"definition": {"StaticHyperParameters": {"learning-rate": "1"}}},
            "learning-rate. is both static and tuned",
        ),
        (
            {
                "config": {
                    "HyperParameterTuningJobObjective": {
                        "Type": "Maximize",
                        "MetricName": "accuracy",
                    }
                }
            },
            "A metric is required for this hyperparameter tuning job objective. Provide a metric "
            "in the metric definitions.",
        ),
    ],
)
def test_a_request_that_cannot_be_searched_is_refused(
    make_cloud: MakeCloud, changes: dict[str, Any], fault: str
) -> None:
    cloud = make_cloud(train_flat)
    with pytest.raises(ValidationException, match=fault):
        cloud.call("CreateHyperParameterTuningJob", tuning_request(**changes))
    assert cloud.service.store.list(KIND) == []


def test_a_name_in_use_and_a_missing_name_are_refused_in_awss_words(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train_flat)
    with pytest.raises(ApiError, match="can't find a tuning job called tuning"):
        cloud.describe()
    cloud.tune(most=1, parallel=1)
    with pytest.raises(ApiError, match="ResourceInUse"):
        cloud.call("CreateHyperParameterTuningJob", tuning_request())
