from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker import tuning_jobs
from local_cloud.sagemaker.tuner.checks import KIND
from tests.unit.local_cloud.tuning.conftest import MakeCloud
from tests.unit.local_cloud.tuning.fake_cloud import (
    DEFINITION,
    LEARNING_RATE,
    Outcome,
    objective,
    several_definitions,
    tuning_request,
)

LETTERS: dict[str, Any] = {
    "CategoricalParameterRanges": [{"Name": "letter", "Values": ["a", "b", "c"]}]
}
NUMBERS: dict[str, Any] = {"CategoricalParameterRanges": [{"Name": "number", "Values": ["1"]}]}
TWO: dict[str, dict[str, Any]] = {"forest": LEARNING_RATE, "linear": LETTERS}
SCORES = {"forest": 0.4, "linear": 0.7}


def train_by_algorithm(values: Mapping[str, str]) -> Outcome:
    return objective(SCORES.get(values["algorithm"], 0.1))


def limits(parallel: int, most: int | None) -> dict[str, Any]:
    given = {"MaxParallelTrainingJobs": parallel}
    return {"ResourceLimits": given if most is None else {**given, "MaxNumberOfTrainingJobs": most}}


def test_training_jobs_take_turns_over_the_definitions_and_the_best_is_of_all(
    make_cloud: MakeCloud,
) -> None:
    cloud = make_cloud(train_by_algorithm)
    cloud.call("CreateHyperParameterTuningJob", several_definitions(TWO, **limits(2, 6)))
    cloud.tasks.join()
    done = cloud.describe()
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    assert [one["DefinitionName"] for one in done["TrainingJobDefinitions"]] == list(TWO)
    assert "TrainingJobDefinition" not in done
    assert done["TrainingJobDefinitions"][1]["HyperParameterRanges"] == {
        **LETTERS,
        "IntegerParameterRanges": [],
        "ContinuousParameterRanges": [],
    }
    best = done["BestTrainingJob"]
    assert best["TrainingJobDefinitionName"] == "linear"
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == 0.7
    listed = cloud.training_jobs()
    assert [one["TrainingJobDefinitionName"] for one in listed] == ["forest", "linear"] * 3
    for one in listed:
        tuned = "learning-rate" if one["TrainingJobDefinitionName"] == "forest" else "letter"
        assert set(one["TunedHyperParameters"]) == {tuned}


def test_grids_of_several_definitions_are_all_gone_through(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train_by_algorithm)
    request = several_definitions(
        {"forest": NUMBERS, "linear": LETTERS}, Strategy="Grid", **limits(2, None)
    )
    cloud.call("CreateHyperParameterTuningJob", request)
    cloud.tasks.join()
    tried = [(r["HyperParameters"]["algorithm"]) for r in cloud.jobs.requests]
    assert sorted(tried) == ["forest", "linear", "linear", "linear"]


def test_a_restart_goes_on_with_each_definition(make_cloud: MakeCloud) -> None:
    first = make_cloud(train_by_algorithm, seconds=60)
    request = several_definitions(
        {"forest": NUMBERS, "linear": LETTERS}, Strategy="Grid", **limits(2, None)
    )
    first.call("CreateHyperParameterTuningJob", request)
    while len(first.jobs.requests) < 2:
        time.sleep(0.002)
    first.tasks.stopping = True
    first.tasks.join()

    second = make_cloud(train_by_algorithm)
    for started in first.jobs.requests:
        second.service.store.update(
            "training-job",
            started["TrainingJobName"],
            TrainingJobStatus="Failed",
            FailureReason="InternalServerError: the local cloud was stopped",
        )
    tuning_jobs.resume(second.service)
    second.tasks.join()
    done = second.describe()
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    assert done["TrainingJobStatusCounters"]["Completed"] == 4
    assert done["TrainingJobStatusCounters"]["RetryableError"] == 2
    tried = sorted(r["HyperParameters"]["algorithm"] for r in second.jobs.requests)
    assert tried == ["forest", "linear", "linear", "linear"]


def test_training_jobs_that_a_restart_lost_cost_their_definition_no_turn(
    make_cloud: MakeCloud,
) -> None:
    first = make_cloud(train_by_algorithm, seconds=60)
    first.call("CreateHyperParameterTuningJob", several_definitions(TWO, **limits(1, 4)))
    while not first.jobs.requests:
        time.sleep(0.002)
    first.tasks.stopping = True
    first.tasks.join()

    second = make_cloud(train_by_algorithm)
    second.service.store.update(
        "training-job",
        first.jobs.requests[0]["TrainingJobName"],
        TrainingJobStatus="Failed",
        FailureReason="InternalServerError: the local cloud was stopped",
    )
    tuning_jobs.resume(second.service)
    second.tasks.join()
    ran = [request["HyperParameters"]["algorithm"] for request in second.jobs.requests]
    assert sorted(ran) == ["forest", "forest", "linear", "linear"]


def test_combinations_that_a_restart_lost_twice_are_still_run(make_cloud: MakeCloud) -> None:
    """The first restart had noted that a training job was lost, and not yet started another."""
    first = make_cloud(train_by_algorithm, seconds=60)
    request = several_definitions({"linear": LETTERS}, Strategy="Grid", **limits(1, None))
    first.call("CreateHyperParameterTuningJob", request)
    while not first.jobs.requests:
        time.sleep(0.002)
    first.tasks.stopping = True
    first.tasks.join()
    (trial,) = first.service.store.get(KIND, "tuning")["_trials"]
    lost = {**trial, "status": "Failed", "replaced": True}
    first.service.store.update(KIND, "tuning", _trials=[lost])

    second = make_cloud(train_by_algorithm)
    tuning_jobs.resume(second.service)
    second.tasks.join()
    letters = sorted(r["HyperParameters"]["letter"] for r in second.jobs.requests)
    assert letters == ["a", "b", "c"]


def changed(**members: Any) -> dict[str, Any]:
    request = several_definitions(TWO, **limits(2, 6))
    request["TrainingJobDefinitions"][1].update(members)
    return request


def without(member: str) -> dict[str, Any]:
    request = several_definitions(TWO, **limits(2, 6))
    del request["TrainingJobDefinitions"][1][member]
    return request


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (changed(DefinitionName="forest"), "DefinitionName must be unique"),
        (without("DefinitionName"), r"DefinitionName is required .* missing in \[2\]"),
        (without("TuningObjective"), "TuningObjective is required"),
        (without("HyperParameterRanges"), "HyperParameterRanges is required"),
        (
            changed(TuningObjective={"Type": "Minimize", "MetricName": "score"}),
            "must have the same Type",
        ),
        (
            changed(TuningObjective={"Type": "Maximize", "MetricName": "accuracy"}),
            r"Definition \[linear\]: A metric is required for this hyperparameter tuning job",
        ),
        (
            several_definitions(TWO, TrainingJobEarlyStoppingType="Auto"),
            "TrainingJobEarlyStoppingType Auto is available only when tuning a single algorithm",
        ),
        (
            {**several_definitions(TWO), "TrainingJobDefinition": DEFINITION},
            "Specify either TrainingJobDefinition, .* or TrainingJobDefinitions, but not both",
        ),
        (
            several_definitions(TWO, ParameterRanges=LEARNING_RATE),
            "leave ParameterRanges of HyperParameterTuningJobConfig out",
        ),
        (
            several_definitions({f"d{number}": LEARNING_RATE for number in range(11)}),
            "'trainingJobDefinitions' failed to satisfy constraint: Member must have length less",
        ),
        (
            tuning_request(definition={"HyperParameterRanges": LEARNING_RATE}),
            "either ParameterRanges of HyperParameterTuningJobConfig or HyperParameterRanges",
        ),
    ],
)
def test_definitions_that_do_not_fit_together_are_refused(
    make_cloud: MakeCloud, request_: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ValidationException, match=fault):
        make_cloud(train_by_algorithm).call("CreateHyperParameterTuningJob", request_)
