"""What must be so after each kill and start. Each check answers what is wrong, a line a fault."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable
from typing import Any

import psutil

from local_cloud.sagemaker.job_state import INTERRUPTED
from local_cloud.settings import LocalCloudSettings
from tests.durability_drill.changes import asked
from tests.durability_drill.ledger import Clients, Job, Ledger
from tests.durability_drill.reading import archived
from tests.durability_drill.workplace import LIVE, QUEUED, await_endpoint

SETTLE_SECONDS = 120.0
UNDER_WAY = ("InProgress", "Stopping", "Executing")
LISTS = {
    "training_jobs": ("TrainingJobSummaries", "TrainingJob"),
    "processing_jobs": ("ProcessingJobSummaries", "ProcessingJob"),
    "transform_jobs": ("TransformJobSummaries", "TransformJob"),
    "hyper_parameter_tuning_jobs": (
        "HyperParameterTuningJobSummaries",
        "HyperParameterTuningJob",
    ),
    "endpoints": ("Endpoints", "Endpoint"),
}


def state_on_disk(settings: LocalCloudSettings) -> list[str]:
    """Of a server that is gone: the database is sound, and each file of the others is whole."""
    faults = []
    connection = sqlite3.connect(settings.database)
    (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    if answer != "ok":
        faults.append(f"sqlite: {answer}")
    for file in settings.ministack_dir.glob("*.json"):
        try:
            json.loads(file.read_text())
        except ValueError as error:
            faults.append(f"{file.name}: {error}")
    return faults


def jobs_that_ran(clients: Clients, ledger: Ledger) -> list[str]:
    """Each has come to its end, or is Failed and says why; what is over is no longer expected."""
    faults = []
    for job in list(ledger.jobs.values()):
        status, reason = _settled(clients, job)
        interrupted = job.may_fail and status == "Failed" and reason == INTERRUPTED
        if status not in job.ends and not interrupted:
            faults.append(f"{job.kind} {job.name} is {status}: {reason}")
        ledger.ended(job)
    return faults


def _settled(clients: Clients, job: Job) -> tuple[str, str]:
    deadline = time.monotonic() + SETTLE_SECONDS
    while (found := job.status(clients))[0] in UNDER_WAY and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def facts(clients: Clients, ledger: Ledger) -> list[str]:
    """All that was answered is so; what was being changed is the one or the other."""
    faults = []
    for fact in list(ledger.facts.values()):
        found = _read(fact.read, clients, fact.allowed)
        if found not in fact.allowed:
            faults.append(f"{fact.what} is {_short(found)}, not {_short(fact.allowed)}")
        ledger.holds(fact.what, fact.read, found)
    return faults


def _read(read: Callable[[Clients], Any], clients: Clients, allowed: list[Any]) -> Any:
    """Answers of queued requests may still be on their way."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while (found := read(clients)) is None and None not in allowed:
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    return found


def completed_models(clients: Clients) -> list[str]:
    """Every Completed training job has a whole archive, whether its end was seen or not."""
    faults = []
    for page in (
        clients["sagemaker"].get_paginator("list_training_jobs").paginate(StatusEquals="Completed")
    ):
        for one in page["TrainingJobSummaries"]:
            name = one["TrainingJobName"]
            found = clients["sagemaker"].describe_training_job(TrainingJobName=name)
            try:
                archived(found["ModelArtifacts"]["S3ModelArtifacts"])(clients)
            except Exception as error:
                faults.append(f"the model of {name}: {type(error).__name__}: {error}")
    return faults


def lists(clients: Clients) -> list[str]:
    """What Lists say is what Describe says."""
    faults = []
    sagemaker = clients["sagemaker"]
    for noun, (member, kind) in LISTS.items():
        for page in sagemaker.get_paginator(f"list_{noun}").paginate():
            for one in page[member]:
                name = one[f"{kind}Name"]
                described = getattr(sagemaker, f"describe_{noun[:-1]}")(**{f"{kind}Name": name})
                if one[f"{kind}Status"] != described[f"{kind}Status"]:
                    faults.append(f"{name} is listed as {one[f'{kind}Status']}")
    return faults


def endpoints(clients: Clients) -> list[str]:
    """Both serve, and the one that is asked answers with the model of its configuration."""
    faults = []
    for name in (LIVE, QUEUED):
        found = await_endpoint(clients, name)
        if found["EndpointStatus"] != "InService":
            faults.append(f"endpoint {name}: {found['EndpointStatus']}")
        elif name == LIVE:
            wanted = f"{found['EndpointConfigName']}:again"
            if (said := asked(clients, "again")) != wanted:
                faults.append(f"endpoint {name} answers {said!r}, not {wanted!r}")
    return faults


def messages(clients: Clients, ledger: Ledger) -> list[str]:
    """Each message that was taken is in the queue, once."""
    attributes = clients["sqs"].get_queue_attributes(
        QueueUrl=clients.queue_url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    count = int(attributes["Attributes"]["ApproximateNumberOfMessages"])
    # The one that was being sent may be there or not.
    if count - len(ledger.sent) not in (0, 1):
        return [f"{count} messages of {len(ledger.sent)}"]
    ledger.sent[:] = ["counted"] * count
    return []


def processes_gone(before: Iterable[psutil.Process]) -> list[str]:
    """Nothing that the killed server started is left."""
    left = [one for one in before if one.is_running()]
    _, alive = psutil.wait_procs(left, timeout=20)
    return [f"process {one.pid} is left: {' '.join(one.cmdline())[:100]}" for one in alive]


def leftovers(settings: LocalCloudSettings) -> list[str]:
    """No half-written file lies about, and no model of a job that has ended."""
    folder = settings.state_dir
    ends = (".part", ".partial", ".tmp")
    partial = [
        path
        for part in ("ministack", "s3", "jobs")
        for path in (folder / part).rglob("*")
        if path.name.endswith(ends)
    ]
    archives = [*settings.jobs_dir.glob("*/*.tar.gz"), *settings.jobs_dir.glob("*/*/*.tar.gz")]
    return [f"{path.relative_to(folder)} is left" for path in (*partial, *archives)]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) < 400 else f"{text[:400]}..."
