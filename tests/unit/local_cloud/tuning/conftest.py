from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from local_cloud.sagemaker import tuning_jobs
from local_cloud.sagemaker.tuner import search
from tests.unit.local_cloud.tuning.fake_cloud import Cloud, FakeTrainingJobs, Train

MakeCloud = Callable[..., Cloud]


@pytest.fixture
def make_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeCloud:
    """``make_cloud(train, seconds=0)``: a cloud over the same store each time it is called."""

    def make(train: Train, *, seconds: float = 0.0) -> Cloud:
        jobs = FakeTrainingJobs(train, seconds=seconds)
        monkeypatch.setattr(tuning_jobs, "_start_training_job", jobs.start)
        monkeypatch.setattr(search, "POLL_SECONDS", 0.002)
        return Cloud(tmp_path, jobs)

    return make
