"""A build as CodeBuild's BatchGetBuilds describes it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from local_cloud.builds.project import BuildPlan

Record = dict[str, Any]
RUNNING = "IN_PROGRESS"


def new(
    plan: BuildPlan, *, build_id: str, arn: str, number: int, initiator: str, key_arn: str
) -> Record:
    """A build that has just been submitted."""
    group, stream = f"/aws/codebuild/{plan.project}", build_id.partition(":")[2]
    now = time.time()
    record: Record = {
        "id": build_id,
        "arn": arn,
        "buildNumber": number,
        "startTime": now,
        "currentPhase": "SUBMITTED",
        "buildStatus": RUNNING,
        "projectName": plan.project,
        "phases": [],
        "source": dict(plan.source),
        "secondarySources": [],
        "artifacts": {"location": ""},
        "cache": {"type": "NO_CACHE"},
        "environment": dict(plan.environment),
        "serviceRole": plan.role_arn,
        "logs": {"groupName": group, "streamName": stream},
        "timeoutInMinutes": plan.timeout_minutes,
        "queuedTimeoutInMinutes": 480,
        "buildComplete": False,
        "initiator": initiator,
        "encryptionKey": key_arn,
    }
    if plan.source_version:
        record["sourceVersion"] = plan.source_version
    begin(record, "SUBMITTED")
    return record


def begin(record: Record, phase: str) -> None:
    """The next phase begins; one that has not been ended has succeeded."""
    if record["phases"] and "endTime" not in record["phases"][-1]:
        end(record, "SUCCEEDED")
    record["phases"].append({"phaseType": phase, "startTime": time.time()})
    record["currentPhase"] = phase


def end(record: Record, status: str, *, code: str = "", message: str = "") -> None:
    """The phase that runs ends."""
    phase = record["phases"][-1]
    now = time.time()
    phase.update(phaseStatus=status, endTime=now, durationInSeconds=round(now - phase["startTime"]))
    if message:
        phase["contexts"] = [{"statusCode": code, "message": message}]


def finish(record: Record, status: str) -> None:
    """The build ends."""
    if record["phases"] and "endTime" not in record["phases"][-1]:
        end(record, status)
    record["phases"].append({"phaseType": "COMPLETED", "startTime": time.time()})
    record.update(
        buildStatus=status, currentPhase="COMPLETED", buildComplete=True, endTime=time.time()
    )


def running(record: Mapping[str, Any]) -> bool:
    return bool(record["buildStatus"] == RUNNING)
