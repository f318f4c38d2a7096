from __future__ import annotations

from collections.abc import Mapping

import pytest

from local_cloud.sagemaker.tuner import slots
from local_cloud.sagemaker.tuner.slots import Slots
from tests.unit.local_cloud.tuning.conftest import MakeCloud
from tests.unit.local_cloud.tuning.fake_cloud import Outcome, objective, tuning_request


def train_flat(_: Mapping[str, str]) -> Outcome:
    return objective(0.5)


def test_all_tuning_jobs_together_run_no_more_than_there_are_slots() -> None:
    shared = Slots(3)
    assert shared.claim("one", running=0, wanted=2) == 2
    assert shared.claim("two", running=0, wanted=4) == 1
    assert shared.claim("one", running=2, wanted=2) == 0
    assert shared.claim("one", running=1, wanted=3) == 1


def test_each_tuning_job_may_run_one_whatever_the_others_run() -> None:
    shared = Slots(1)
    assert shared.claim("one", running=0, wanted=5) == 1
    assert shared.claim("two", running=0, wanted=5) == 1
    assert shared.claim("two", running=1, wanted=5) == 0


def test_slots_of_a_tuning_job_that_is_over_are_free_again() -> None:
    shared = Slots(2)
    shared.claim("one", running=0, wanted=2)
    shared.leave("one")
    assert shared.claim("two", running=0, wanted=2) == 2


def test_what_a_tuning_job_wants_is_never_exceeded() -> None:
    assert Slots(8).claim("one", running=0, wanted=0) == 0
    assert Slots(8).claim("one", running=9, wanted=-1) == 0


def test_trials_beyond_the_slots_of_the_machine_wait(
    make_cloud: MakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = make_cloud(train_flat, seconds=0.02)
    monkeypatch.setenv(slots.SETTING, "2")
    for name in ("one", "two"):
        request = tuning_request(name=name, most=4, parallel=4)
        cloud.call("CreateHyperParameterTuningJob", request)
    cloud.tasks.join()
    for name in ("one", "two"):
        assert cloud.describe(name)["TrainingJobStatusCounters"]["Completed"] == 4
    assert cloud.jobs.most_at_once <= 3


@pytest.mark.parametrize("text", ["0", "-1", "two"])
def test_a_setting_that_is_no_number_of_slots_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(slots.SETTING, text)
    with pytest.raises(ValueError, match="is no whole number above 0"):
        slots.from_environment()
