from __future__ import annotations

from local_cloud import process
from tests.unit.local_cloud.endpoints.conftest import until
from tests.unit.local_cloud.transform.conftest import Transforms


def test_a_job_that_ran_when_the_local_cloud_stopped_is_failed_and_says_so(
    transforms: Transforms,
) -> None:
    transforms.start("interrupted", {"a": "wait"})
    log = transforms.folder("interrupted") / "job.log"
    until(lambda: log.exists() and "waiting" in log.read_text())
    process.stop(transforms.cloud.settings)
    assert not transforms.processes("interrupted")
    # On the same port: the clients of the other tests stay good.
    process.start(transforms.cloud.settings)
    described = transforms.ended("interrupted")
    assert described["TransformJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("InternalServerError: The local cloud stopped")
