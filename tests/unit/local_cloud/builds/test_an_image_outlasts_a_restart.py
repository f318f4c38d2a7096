"""On a machine without bubblewrap and unshare, before and after a stop of the local cloud."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cloud import process
from local_cloud.settings import LocalCloudSettings
from tests.local_cloud_fixture import RunningCloud
from tests.unit.local_cloud.builds import test_an_image_from_source_to_answer as whole
from tests.unit.local_cloud.builds.conftest import BuildPlace, await_, place_on

TOOLS = ("sh", "bash", "cat", "sleep", "test", "mkdir", "cp")


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningCloud]:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found, name
        (tools / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(tools))
    settings = process.start(LocalCloudSettings(state_dir=tmp_path / "state"), any_port=True)
    yield RunningCloud(settings)
    process.reset(settings)


def test_an_image_trains_and_serves_there_and_after_a_restart(bare: RunningCloud) -> None:
    place: BuildPlace = place_on(bare)
    image = place.repository("allowed-own")
    build = place.build("allowed-own", whole.FILES, executable=("program/serve",))
    assert build["buildStatus"] == "SUCCEEDED", place.log(build)
    job = place.train("own", f"{image}:one")
    assert job["TrainingJobStatus"] == "Completed", (job, place.job_log("own"))
    assert "private to this job by: rewrite" in place.job_log("own")
    whole.endpoint(place, f"{image}:one", job["ModelArtifacts"]["S3ModelArtifacts"])
    assert whole.asked(bare) == b"green program rook"

    process.stop(bare.settings)
    process.start(bare.settings)
    answers = await_(lambda: answered(bare))
    assert answers == b"green program rook"
    kept = place.client("codebuild").batch_get_builds(ids=[build["id"]])["builds"]
    assert [one["buildStatus"] for one in kept] == ["SUCCEEDED"]
    again = place.train("own-again", f"{image}:one")
    assert again["TrainingJobStatus"] == "Completed", again
    assert list(bare.settings.images_dir.iterdir())


def answered(cloud: RunningCloud) -> bytes | None:
    from botocore.exceptions import ClientError

    try:
        return whole.asked(cloud)
    except ClientError:
        # Its server starts again.
        return None
