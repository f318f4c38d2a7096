from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker import tuning_jobs
from local_cloud.sagemaker.tuner import definitions, hyperband, stopping
from local_cloud.sagemaker.tuner.checks import KIND
from local_cloud.sagemaker.tuner.emissions import Emission
from local_cloud.sagemaker.tuner.proposals import Proposals
from local_cloud.sagemaker.tuner.trials import Trial, new_trial
from tests.unit.local_cloud.tuning.conftest import MakeCloud
from tests.unit.local_cloud.tuning.fake_cloud import Outcome, epochs, tuning_request

EPOCHS = 9
NINE_EPOCHS = {"StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}}}


def rule_of(most: int = 27, **config: Any) -> tuple[Proposals, stopping.StoppingRule]:
    settings = {**NINE_EPOCHS, **config}
    document = {**tuning_request(strategy="Hyperband", most=most, config=settings), "_trials": []}
    found = definitions.read(document)
    proposals = Proposals(document, found)
    rule = stopping.create(document["HyperParameterTuningJobConfig"], found, proposals)
    assert rule is not None
    return proposals, rule


def emit(rule: stopping.StoppingRule, trial: Trial, values: list[float]) -> int:
    """The epochs that the trial ran until it was stopped or through."""
    emitted: list[Emission] = []
    for place, value in enumerate(values):
        emitted.append(Emission(value, float("inf")))
        if rule.is_due(trial, emitted):
            return place + 1
    return len(values)


def run_trials(scores: list[float], **config: Any) -> list[int]:
    """The epochs of trials, one after the other, that emit their score after each epoch."""
    proposals, rule = rule_of(len(scores), **config)
    ran = []
    for number, score in enumerate(scores, 1):
        place, tuned = proposals.ask(number, turn=number - 1)
        trial = new_trial(number, f"job-{number}", tuned, definition=place)
        ran.append(emit(rule, trial, [score] * EPOCHS))
        trial["objective"] = score
        proposals.tell(trial)
    return ran


def test_what_is_behind_is_stopped_early_and_what_leads_runs_to_its_end() -> None:
    scores = [0.1 + 0.8 * ((number * 7) % 27) / 27 for number in range(27)]
    ran = run_trials(scores)
    assert ran[scores.index(max(scores))] == EPOCHS
    assert sum(ran) < 0.7 * EPOCHS * len(scores)
    assert set(ran) <= {1, 3, EPOCHS}
    stopped = [score for score, run in zip(scores, ran, strict=True) if run < EPOCHS]
    through = [score for score, run in zip(scores, ran, strict=True) if run == EPOCHS]
    assert sum(stopped) / len(stopped) < sum(through) / len(through)


def test_no_job_is_stopped_before_min_resource() -> None:
    least = {"HyperbandStrategyConfig": {"MinResource": 4, "MaxResource": EPOCHS}}
    ran = run_trials([0.9, *[0.1] * 20], StrategyConfig=least)
    assert min(ran) == 4


def test_a_job_that_emits_more_than_max_resource_or_does_not_end_is_stopped() -> None:
    three = [Emission(0.5, 100.0 + epoch) for epoch in range(3)]
    late = 102.0 + hyperband.GRACE_SECONDS
    assert not hyperband.is_used_up(three[:2], 3, now=late + 100)
    assert not hyperband.is_used_up(three, 3, now=late - 1)
    assert hyperband.is_used_up(three, 3, now=late)
    assert hyperband.is_used_up([*three, Emission(0.5, 103.0)], 3, now=103.0)


def test_a_job_at_max_resource_is_not_stopped_for_being_behind() -> None:
    proposals, rule = rule_of()
    for number in range(1, 10):
        place, tuned = proposals.ask(number, turn=number - 1)
        trial = new_trial(number, f"job-{number}", tuned, definition=place)
        emitted = [Emission(1.0 / number, float("inf"))] * EPOCHS
        rule.note_end(trial, emitted)
    _, tuned = proposals.ask(10, turn=9)
    last = new_trial(10, "job-10", tuned)
    values = [Emission(9.0, float("inf"))] * (EPOCHS - 1) + [Emission(0.0, float("inf"))]
    assert not rule.is_due(last, values)


@pytest.mark.parametrize("key", ["epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs"])
def test_max_resource_is_inferred_from_the_static_hyperparameters(key: str) -> None:
    found, faults = hyperband.resource({}, {"StaticHyperParameters": {key: "12"}})
    assert faults == []
    assert found == hyperband.Resource(1, 12)


@pytest.mark.parametrize(
    ("config", "definition", "fault"),
    [
        ({}, {"StaticHyperParameters": {"epochs": "many"}}, "MaxResource .* is required"),
        (
            {"StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 3}}},
            {},
            r"MinResource \[3\] .* less than or equal to MaxResource \[2\]",
        ),
        (
            {"StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 20001}}},
            {},
            r"MaxResource \[20001\] .* less than or equal to 20000",
        ),
        (
            {**NINE_EPOCHS, "TrainingJobEarlyStoppingType": "Auto"},
            {},
            "TrainingJobEarlyStoppingType must be OFF to use Hyperband",
        ),
    ],
)
def test_hyperband_without_a_right_resource_is_refused(
    make_cloud: MakeCloud, config: dict[str, Any], definition: dict[str, Any], fault: str
) -> None:
    request = tuning_request(strategy="Hyperband", config=config, definition=definition)
    with pytest.raises(ValidationException, match=fault):
        make_cloud(train_by_rate).call("CreateHyperParameterTuningJob", request)


def test_settings_of_hyperband_are_refused_with_another_strategy(make_cloud: MakeCloud) -> None:
    with pytest.raises(ValidationException, match="only supported for the strategy Hyperband"):
        make_cloud(train_by_rate).call(
            "CreateHyperParameterTuningJob", tuning_request(config=NINE_EPOCHS)
        )


def train_by_rate(values: Mapping[str, str]) -> Outcome:
    return epochs(*[float(values["learning-rate"])] * EPOCHS)


def test_after_a_restart_hyperband_still_knows_how_the_earlier_jobs_did(
    make_cloud: MakeCloud,
) -> None:
    """Ten that led had run through; whoever comes after them lags and is stopped."""
    first = make_cloud(lambda _: epochs(*[0.9] * EPOCHS))
    request = tuning_request(strategy="Hyperband", most=10, parallel=1, config=NINE_EPOCHS)
    first.call("CreateHyperParameterTuningJob", request)
    first.tasks.join()
    document = first.service.store.get(KIND, "tuning")
    document["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] = 20
    first.service.store.update(
        KIND, "tuning", **{**document, "HyperParameterTuningJobStatus": "InProgress"}
    )

    # Long enough that a busy machine looks at a job before it ends.
    second = make_cloud(lambda _: epochs(*[0.1] * (EPOCHS - 1)), seconds=0.5)
    tuning_jobs.resume(second.service)
    second.tasks.join()
    done = second.describe()
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    # Without the earlier ones all would be equal, and none behind. One of them is in the bracket
    # that halves nothing before the last epoch.
    counters = done["TrainingJobStatusCounters"]
    assert (counters["Completed"], counters["Stopped"]) == (11, 9)


def test_a_hyperband_job_stops_training_jobs_and_ends_with_the_best_one(
    make_cloud: MakeCloud,
) -> None:
    # Long enough that a busy machine looks at a job before it ends.
    cloud = make_cloud(train_by_rate, seconds=0.3)
    done = cloud.tune(strategy="Hyperband", most=12, parallel=4, config=NINE_EPOCHS)
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    counters = done["TrainingJobStatusCounters"]
    assert counters["Stopped"] >= 1
    assert counters["Completed"] + counters["Stopped"] == 12
    listed = cloud.training_jobs(SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    assert listed[0]["TrainingJobName"] == done["BestTrainingJob"]["TrainingJobName"]
    assert listed[0]["TrainingJobStatus"] == "Completed"
