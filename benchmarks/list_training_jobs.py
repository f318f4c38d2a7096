"""Prints how long the List actions take with a thousand finished jobs, against ten.

    python -m benchmarks.list_training_jobs [N]

Two local clouds, one with N (1,000 unless told) finished training jobs and as many executions of a
pipeline, the peer with ten, are asked in turn, so that neither has the quieter machine: by boto3
(its connection open already), and in process, where there is neither HTTP nor TLS nor a policy.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_cloud.sagemaker import pipeline_executions, training_jobs
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document, Store
from local_cloud.settings import LocalCloudSettings
from tests.local_cloud_fixture import running_cloud
from tests.unit.local_cloud.sagemaker_doubles import make_service

FEW = 10
ROUNDS = 15
AIM_MS = 50.0
PIPELINE = "chain"
ARN = f"arn:aws:sagemaker:us-east-1:000000000000:pipeline/{PIPELINE}"

Call = Callable[..., dict[str, Any]]


def training_job(number: int) -> Document:
    """As a finished job of twenty epochs leaves it: three metrics an epoch."""
    created = 1_700_000_000.0 + number
    transitions = [
        {"Status": status, "StartTime": created, "EndTime": created, "StatusMessage": status}
        for status in ("Starting", "Downloading", "Training", "Uploading", "Completed")
    ]
    metrics = [
        {"MetricName": name, "Value": number / 7, "Timestamp": created + epoch}
        for epoch in range(20)
        for name in ("train:loss", "validation:loss", "validation:accuracy")
    ]
    name = f"job-{number:05}"
    return {
        "TrainingJobName": name,
        "TrainingJobArn": f"arn:aws:sagemaker:us-east-1:000000000000:training-job/{name}",
        "TrainingJobStatus": "Failed" if number % 10 == 0 else "Completed",
        "SecondaryStatus": "Completed",
        "CreationTime": created,
        "LastModifiedTime": created + 60,
        "TrainingEndTime": created + 60,
        "HyperParameters": {f"parameter-{each}": str(each) for each in range(20)},
        "SecondaryStatusTransitions": transitions,
        "_metrics": metrics,
    }


def execution(number: int) -> Document:
    """As an execution of a pipeline of eight steps leaves it."""
    created = 1_700_000_000.0 + number
    step = {"Status": "Succeeded", "StartTime": created, "Properties": training_job(number)}
    return {
        "PipelineArn": ARN,
        "PipelineExecutionArn": f"{ARN}/execution/{number:012}",
        "PipelineExecutionDisplayName": f"execution-{number}",
        "PipelineExecutionStatus": "Succeeded",
        "CreationTime": created,
        "LastModifiedTime": created,
        "_definition": json.dumps({"Steps": [training_job(each) for each in range(8)]}),
        "_steps": {f"step-{each}": step for each in range(8)},
        "_tokens": [str(number)],
    }


def fill(store: Store, count: int) -> None:
    pipeline = {"PipelineName": PIPELINE, "PipelineArn": ARN, "CreationTime": 0.0, "_versions": []}
    with store.transaction():
        store.create("pipeline", PIPELINE, pipeline)
        for number in range(count):
            job, run = training_job(number), execution(number)
            store.create("training-job", job["TrainingJobName"], job)
            store.create("pipeline-execution", run["PipelineExecutionArn"], run)


def service_with(folder: Path, count: int) -> SageMakerService:
    service, _, _, _ = make_service(folder)
    fill(service.store, count)
    return service


def deep_token(list_jobs: Call) -> str:
    """Of the page that begins in the middle of all jobs, or of the second."""
    answer = list_jobs(MaxResults=5)
    half = answer["NextToken"]
    for _ in range(4):
        if "NextToken" in (answer := list_jobs(MaxResults=100, NextToken=half)):
            half = answer["NextToken"]
    return str(half)


def cases(list_jobs: Call, list_executions: Call) -> dict[str, Callable[[], Any]]:
    token = deep_token(list_jobs)
    return {
        "training jobs, first page of 100": lambda: list_jobs(MaxResults=100),
        "training jobs, 10 of a status": lambda: list_jobs(StatusEquals="Failed", MaxResults=10),
        "training jobs, 10 of a name": lambda: list_jobs(NameContains="job-00", MaxResults=10),
        "training jobs, 100 deep in": lambda: list_jobs(MaxResults=100, NextToken=token),
        "executions of a pipeline": lambda: list_executions(PipelineName=PIPELINE, MaxResults=100),
    }


def milliseconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def compare(
    what: str, many: dict[str, Callable[[], Any]], few: dict[str, Callable[[], Any]]
) -> None:
    """A line a case: medians, taken in turn, and their ratio."""
    print(what)
    for case in many:
        taken: dict[str, list[float]] = {"many": [], "few": []}
        for _ in range(ROUNDS):
            taken["many"].append(milliseconds(many[case]))
            taken["few"].append(milliseconds(few[case]))
        high, low = statistics.median(taken["many"]), statistics.median(taken["few"])
        print(f"    {case:<34} {high:6.1f} ms, with {FEW}: {low:5.1f} ms, ratio {high / low:.1f}")


def in_process(service: SageMakerService) -> dict[str, Callable[[], Any]]:
    return cases(
        lambda **request: training_jobs.list_training_jobs(service, request),
        lambda **request: pipeline_executions.list_pipeline_executions(service, request),
    )


def main() -> int:
    """Print the medians with many and with few."""
    count = int(sys.argv[1]) if sys.argv[1:] else 1000
    print(f"{count} training jobs and {count} executions (aim: under {AIM_MS:.0f} ms)")
    with tempfile.TemporaryDirectory() as name:
        many, few = Path(name) / "many", Path(name) / "few"
        for folder, size in ((many, count), (few, FEW)):
            folder.mkdir()
            store = Store(LocalCloudSettings(state_dir=folder).database)
            fill(store, size)
            store.close()
        with running_cloud(many) as large, running_cloud(few) as small:
            clients = [cloud.client("sagemaker") for cloud in (large, small)]
            first, second = (
                cases(client.list_training_jobs, client.list_pipeline_executions)
                for client in clients
            )
            compare("by boto3", first, second)
        services = [service_with(Path(name) / f"service-{size}", size) for size in (count, FEW)]
        compare("in process", in_process(services[0]), in_process(services[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
