from __future__ import annotations

from collections.abc import Mapping

from local_cloud.sagemaker.tuner.early_stopping import is_behind
from tests.unit.local_cloud.tuning.conftest import MakeCloud
from tests.unit.local_cloud.tuning.fake_cloud import Outcome, epochs

EARLIER = [[0.2, 0.4, 0.9], [0.4, 0.6], [0.6, 0.8, 0.9]]
"""Running averages at the second epoch: 0.3, 0.5, 0.7."""
SCORES = {"a": (0.5, 0.9), "b": (0.5, 0.8), "c": (0.5, 0.7), "d": (0.1, 0.2), "e": (0.9, 0.95)}
LETTERS = {"CategoricalParameterRanges": [{"Name": "letter", "Values": list(SCORES)}]}


def test_a_job_below_the_median_of_the_running_averages_is_behind() -> None:
    assert is_behind([0.9, 0.49], EARLIER, direction="Maximize")
    assert not is_behind([0.1, 0.51], EARLIER, direction="Maximize")


def test_with_a_loss_a_job_above_the_median_is_behind() -> None:
    assert is_behind([0.1, 0.51], EARLIER, direction="Minimize")
    assert not is_behind([0.9, 0.49], EARLIER, direction="Minimize")


def test_jobs_that_did_not_get_as_far_do_not_count() -> None:
    assert not is_behind([0.0, 0.0, 0.0], EARLIER, direction="Maximize")


def test_a_job_that_emitted_nothing_yet_is_not_behind() -> None:
    assert not is_behind([], EARLIER, direction="Maximize")


def train_letter(values: Mapping[str, str]) -> Outcome:
    return epochs(*SCORES[values["letter"]])


def test_early_stopping_stops_the_job_that_lags_and_keeps_its_objective(
    make_cloud: MakeCloud,
) -> None:
    # Long enough that a busy machine looks at a job before it ends.
    cloud = make_cloud(train_letter, seconds=0.5)
    settings = {"TrainingJobEarlyStoppingType": "Auto"}
    done = cloud.tune(
        ranges=LETTERS, strategy="Grid", most=None, parallel=1, seed=1, config=settings
    )
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    listed = cloud.call(
        "ListTrainingJobsForHyperParameterTuningJob", {"HyperParameterTuningJobName": "tuning"}
    )["TrainingJobSummaries"]
    by_letter = {one["TunedHyperParameters"]["letter"]: one for one in listed}
    order = [one["TunedHyperParameters"]["letter"] for one in listed]
    for place, letter in enumerate(order):
        earlier = [list(SCORES[one]) for one in order[:place]]
        lags = is_behind(SCORES[letter], earlier, direction="Maximize")
        assert by_letter[letter]["TrainingJobStatus"] == ("Stopped" if lags else "Completed")
        objective = by_letter[letter]["FinalHyperParameterTuningJobObjectiveMetric"]
        assert objective["Value"] == SCORES[letter][-1]
    assert done["TrainingJobStatusCounters"]["Stopped"] >= 1


def test_without_early_stopping_every_job_runs_to_its_end(make_cloud: MakeCloud) -> None:
    cloud = make_cloud(train_letter, seconds=0.02)
    done = cloud.tune(ranges=LETTERS, strategy="Grid", most=None, parallel=1)
    assert done["TrainingJobStatusCounters"]["Completed"] == len(SCORES)
