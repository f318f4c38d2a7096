from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from local_cloud.sagemaker.runner import processing, training
from tests.unit.local_cloud.sagemaker_doubles import make_service


@pytest.mark.parametrize("stopping", [True, False])
@pytest.mark.parametrize(
    ("runner", "run", "member"),
    [
        (training, "_TrainingRun", "TrainingJob"),
        (processing, "_ProcessingRun", "ProcessingJob"),
    ],
)
def test_a_job_that_loses_s3_to_the_shutdown_is_left_to_the_next_start(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    runner: Any,
    run: str,
    member: str,
    stopping: bool,
) -> None:
    service, _, _, tasks = make_service(tmp_path)
    document: dict[str, Any] = {
        f"{member}Name": "job",
        f"{member}Arn": "arn",
        f"{member}Status": "InProgress",
        "_metrics": [],
    }
    if runner is training:
        document["SecondaryStatusTransitions"] = [{"Status": "Starting"}]
    service.store.create(runner.KIND, "job", document)

    def lost(_self: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://localhost:4566")

    monkeypatch.setattr(getattr(runner, run), "run", lost)
    if stopping:
        tasks.shut_down()
        runner._run(service, "job")
    else:
        with pytest.raises(EndpointConnectionError):
            runner._run(service, "job")
    status = service.store.get(runner.KIND, "job")[f"{member}Status"]
    service.store.close()
    assert status == ("InProgress" if stopping else "Failed")
