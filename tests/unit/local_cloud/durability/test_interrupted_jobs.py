from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local_cloud.sagemaker import processing_jobs, training_jobs, transform_jobs
from local_cloud.sagemaker.job_state import INTERRUPTED
from tests.unit.local_cloud.sagemaker_doubles import make_service

FAMILIES: dict[str, tuple[Any, str]] = {
    "training-job": (training_jobs, "TrainingJob"),
    "processing-job": (processing_jobs, "ProcessingJob"),
    "transform-job": (transform_jobs, "TransformJob"),
}


def document(member: str, name: str, status: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        f"{member}Name": name,
        f"{member}Arn": f"arn:aws:sagemaker:x:0:job/{name}",
        f"{member}Status": status,
        "CreationTime": 1.0,
    }
    if member == "TrainingJob":
        transitions = [{"Status": "Training", "StartTime": 1.0}]
        made |= {"SecondaryStatusTransitions": transitions, "_metrics": []}
    return made


@pytest.mark.parametrize("kind", FAMILIES)
def test_what_ran_at_a_kill_has_failed_and_says_so_and_leaves_nothing_half_written(
    tmp_path: Path, kind: str
) -> None:
    family, member = FAMILIES[kind]
    service, _, _, _ = make_service(tmp_path)
    for name, status in (("ran", "InProgress"), ("to-stop", "Stopping"), ("over", "Completed")):
        service.store.create(kind, name, document(member, name, status))
    folder = service.settings.jobs_dir / f"{kind}-ran"
    half = [
        folder / "model.tar.gz",
        folder / "algo-2" / "output.tar.gz",
        folder / "ml" / "model-data",
        folder / "ml" / "model.partial" / "weights",
    ]
    whole = [folder / "job.log", folder / "ml" / "model" / "weights"]
    for file in (*half, *whole):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    # A job's own folder of the name of a model on its way is no reason to hold the others up.
    (service.settings.jobs_dir / f"{kind}-to-stop" / "ml" / "model-data").mkdir(parents=True)
    finished = service.store.get(kind, "over")
    family.resume(service)
    after = {one[f"{member}Name"]: one for one in service.store.list(kind)}
    assert after["ran"][f"{member}Status"] == "Failed"
    assert after["ran"]["FailureReason"] == INTERRUPTED
    assert after["to-stop"][f"{member}Status"] == "Stopped"
    assert after["over"] == finished
    assert [file for file in half if file.exists()] == []
    assert [file for file in whole if not file.exists()] == []
