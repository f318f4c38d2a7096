from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_cloud.sagemaker import tuning_jobs
from local_cloud.sagemaker.tuner import search, slots
from tests.unit.local_cloud.tuning.fake_cloud import Cloud, FakeTrainingJobs, Train

IMAGES = """
[[image]]
repository = "[xy]"
tag = "*"
train = ["train"]
"""
MakeCloud = Callable[..., Cloud]


@pytest.fixture
def make_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeCloud]:
    """``make_cloud(train, seconds=0)``: a cloud over the same store each time it is called."""

    made: list[Cloud] = []
    (tmp_path / "images.toml").write_text(IMAGES)

    def make(train: Train, *, seconds: float = 0.0) -> Cloud:
        jobs = FakeTrainingJobs(train, seconds=seconds)
        monkeypatch.setattr(tuning_jobs, "_start_training_job", jobs.start)
        monkeypatch.setattr(search, "POLL_SECONDS", 0.002)
        monkeypatch.setenv(slots.SETTING, "64")
        made.append(Cloud(tmp_path, jobs))
        return made[-1]

    yield make
    for cloud in made:
        cloud.tasks.stopping = True
        cloud.tasks.join()
        cloud.service.store.close()
