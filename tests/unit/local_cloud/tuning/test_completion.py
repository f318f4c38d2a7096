from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.tuner import completion, convergence
from local_cloud.sagemaker.tuner.trials import Trial, new_trial
from tests.unit.local_cloud.tuning.conftest import MakeCloud
from tests.unit.local_cloud.tuning.fake_cloud import Outcome, objective, tuning_request


def recorded(*objectives: float | None) -> list[Trial]:
    return [
        Trial(**{**new_trial(number, f"job-{number}", {}), "objective": value})
        for number, value in enumerate(objectives, 1)
    ]


def criteria(**given: Any) -> dict[str, Any]:
    return {"TuningJobCompletionCriteria": given}


def train_flat(_: Mapping[str, str]) -> Outcome:
    return objective(0.5)


def test_an_improvement_by_less_than_one_percent_does_not_count() -> None:
    assert completion.not_improving(recorded(0.5, 0.6, 0.603, None, 0.605), "Maximize") == 2
    assert completion.not_improving(recorded(0.5, 0.6, 0.607), "Maximize") == 0
    assert completion.not_improving(recorded(1.0, 0.995, 0.98), "Minimize") == 0
    assert completion.not_improving(recorded(-1.0, -0.995), "Maximize") == 1
    assert completion.not_improving(recorded(None, None), "Maximize") == 0


def test_jobs_that_do_not_improve_the_objective_end_the_search(make_cloud: MakeCloud) -> None:
    settings = criteria(BestObjectiveNotImproving={"MaxNumberOfTrainingJobsNotImproving": 4})
    done = make_cloud(train_flat).tune(most=20, parallel=1, config=settings)
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    assert done["TrainingJobStatusCounters"]["Completed"] == 5
    details = done["TuningJobCompletionDetails"]
    assert details == {"NumberOfTrainingJobsObjectiveNotImproving": 4}


def test_twenty_objectives_of_which_the_last_fifteen_improved_nothing_are_convergence() -> None:
    rising = [0.1, 0.2, 0.3, 0.4, 0.5]
    assert not convergence.detected([*rising, *[0.5] * 14], "Maximize")
    assert convergence.detected([*rising, *[0.5] * 15], "Maximize")
    assert not convergence.detected([*rising, *[0.5] * 14, 0.6], "Maximize")
    assert not convergence.detected([0.5] * 19, "Minimize")
    assert not convergence.detected([1.0 / number for number in range(1, 40)], "Minimize")


@pytest.mark.parametrize(("flag", "jobs"), [("Enabled", 20), ("Disabled", 24)])
def test_convergence_ends_the_search_where_that_is_asked_for_and_is_told_in_any_case(
    make_cloud: MakeCloud, flag: str, jobs: int
) -> None:
    settings = criteria(ConvergenceDetected={"CompleteOnConvergence": flag})
    done = make_cloud(train_flat).tune(most=24, parallel=1, config=settings)
    assert done["TrainingJobStatusCounters"]["Completed"] == jobs
    detected = done["TuningJobCompletionDetails"]["ConvergenceDetectedTime"]
    assert done["CreationTime"] <= detected <= done["HyperParameterTuningEndTime"]


def test_the_longest_runtime_stops_what_runs_and_completes_the_search(
    make_cloud: MakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = make_cloud(train_flat, seconds=60)
    limits = {
        "ResourceLimits": {
            "MaxParallelTrainingJobs": 1,
            "MaxNumberOfTrainingJobs": 5,
            "MaxRuntimeInSeconds": 120,
        }
    }
    real = completion.reached

    def later(document: dict[str, Any], *, now: float) -> bool:
        return real(document, now=now + (120 if document["_trials"] else 119))

    monkeypatch.setattr(completion, "reached", later)
    done = cloud.tune(config=limits)
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    assert done["TrainingJobStatusCounters"]["Stopped"] == 1


def test_consumed_resources_are_the_seconds_of_the_tuning_job(make_cloud: MakeCloud) -> None:
    done = make_cloud(train_flat).tune(most=2)
    seconds = done["HyperParameterTuningEndTime"] - done["CreationTime"]
    assert done["ConsumedResources"] == {"RuntimeInSeconds": int(seconds)}


@pytest.mark.parametrize(
    ("more", "config", "fault"),
    [
        ({"Autotune": {"Mode": "Enabled"}}, {}, "Autotune: its choices are AWS's own"),
        (
            {},
            {"ParameterRanges": {"AutoParameters": [{"Name": "eta", "ValueHint": "0.3"}]}},
            "AutoParameters: its choices are AWS's own",
        ),
    ],
)
def test_what_aws_chooses_by_rules_of_its_own_is_refused(
    make_cloud: MakeCloud, more: dict[str, Any], config: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ValidationException, match=fault):
        make_cloud(train_flat).call(
            "CreateHyperParameterTuningJob", tuning_request(more=more, config=config)
        )
