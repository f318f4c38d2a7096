"""The drill's jobs: one after the other of a kind, until the server is gone."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from tests.durability_drill.ledger import Clients, Job, Ledger
from tests.durability_drill.program import content_of
from tests.durability_drill.reading import archived, described, digest, sha
from tests.durability_drill.workplace import (
    BUCKET,
    MODELS,
    PIPELINE,
    processing_request,
    training_request,
)

WAIT_SECONDS = 0.05

Work = Callable[[Clients, Ledger, random.Random, str, str], None]
"""``work(clients, ledger, chance, role, name)``: one piece of work under a name of its own, from
its request to its end."""


def train(clients: Clients, ledger: Ledger, chance: random.Random, role: str, name: str) -> None:
    size = chance.choice([1000, 200_000, 9_000_000])
    request = training_request(role, seconds=chance.uniform(0, 1.5), size=size)
    clients["sagemaker"].create_training_job(
        TrainingJobName=name, Tags=[{"Key": "drill", "Value": name}], **request
    )
    job = _job("TrainingJob", "describe_training_job", name, ("Completed", "Stopped"))
    ledger.runs(job)
    if chance.random() < 0.2:
        time.sleep(chance.uniform(0, 0.5))
        _stop(clients, "stop_training_job", TrainingJobName=name)
    if _ended(clients, job) == "Completed":
        ledger.holds(f"model of {name}", archived(model_uri(name)), sha(content_of(name, size)))
    _finished(clients, ledger, job, described("describe_training_job", TrainingJobName=name))


def model_uri(name: str) -> str:
    return f"s3://{BUCKET}/trained/{name}/output/model.tar.gz"


def process(clients: Clients, ledger: Ledger, chance: random.Random, role: str, name: str) -> None:
    target = f"s3://{BUCKET}/processed/{name}"
    clients["sagemaker"].create_processing_job(
        ProcessingJobName=name, **processing_request(role, name, chance.uniform(0, 1), target)
    )
    job = _job("ProcessingJob", "describe_processing_job", name, ("Completed",))
    ledger.runs(job)
    if _ended(clients, job) == "Completed":
        read = digest(BUCKET, f"processed/{name}/file")
        ledger.holds(f"output of {name}", read, sha(content_of(name, 100_000)))
    _finished(clients, ledger, job, described("describe_processing_job", ProcessingJobName=name))


def transform(
    clients: Clients, ledger: Ledger, chance: random.Random, _role: str, name: str
) -> None:
    model = chance.choice(MODELS)
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/lines/"}
    clients["sagemaker"].create_transform_job(
        TransformJobName=name,
        ModelName=model,
        TransformInput={"DataSource": {"S3DataSource": source}, "SplitType": "Line"},
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/transformed/{name}"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        BatchStrategy="SingleRecord",
    )
    job = _job("TransformJob", "describe_transform_job", name, ("Completed",))
    ledger.runs(job)
    if _ended(clients, job) == "Completed":
        content = f"{model}:one\n{model}:two\n".encode()
        for line in range(3):
            key = f"transformed/{name}/{line}.txt.out"
            ledger.holds(f"{key}", digest(BUCKET, key), sha(content))
    _finished(clients, ledger, job, described("describe_transform_job", TransformJobName=name))


def tune(clients: Clients, ledger: Ledger, chance: random.Random, role: str, name: str) -> None:
    request = training_request(role, seconds=chance.uniform(0, 0.5), size=1000)
    static = request.pop("HyperParameters")
    definition = {
        **request,
        "StaticHyperParameters": static,
        "CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/checkpoints/{name}"},
        "AlgorithmSpecification": {**request["AlgorithmSpecification"]},
    }
    ranges = {"ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "1"}]}
    clients["sagemaker"].create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": ranges,
        },
        TrainingJobDefinition=definition,
    )
    read = {"HyperParameterTuningJobName": name}
    job = _job(
        "HyperParameterTuningJob", "describe_hyper_parameter_tuning_job", name, ("Completed",)
    )
    ledger.runs(job)
    _ended(clients, job)
    _finished(clients, ledger, job, described("describe_hyper_parameter_tuning_job", **read))


def execute(
    clients: Clients, ledger: Ledger, _chance: random.Random, _role: str, name: str
) -> None:
    started = clients["sagemaker"].start_pipeline_execution(
        PipelineName=PIPELINE, PipelineExecutionDisplayName=name
    )
    arn = started["PipelineExecutionArn"]

    def status(clients: Clients) -> tuple[str, str]:
        found = clients["sagemaker"].describe_pipeline_execution(PipelineExecutionArn=arn)
        return found["PipelineExecutionStatus"], found.get("FailureReason", "")

    job = Job("PipelineExecution", name, status, ("Succeeded",), may_fail=False)
    ledger.runs(job)
    _ended(clients, job)
    ledger.holds(
        f"steps of {name}",
        described("list_pipeline_execution_steps", PipelineExecutionArn=arn),
        described("list_pipeline_execution_steps", PipelineExecutionArn=arn)(clients),
    )
    _finished(
        clients, ledger, job, described("describe_pipeline_execution", PipelineExecutionArn=arn)
    )


def _job(kind: str, action: str, name: str, ends: tuple[str, ...]) -> Job:
    def status(clients: Clients) -> tuple[str, str]:
        found: dict[str, Any] = getattr(clients["sagemaker"], action)(**{f"{kind}Name": name})
        return found[f"{kind}Status"], found.get("FailureReason", "")

    return Job(kind, name, status, ends, may_fail=kind != "HyperParameterTuningJob")


def _stop(clients: Clients, action: str, **request: str) -> None:
    try:
        getattr(clients["sagemaker"], action)(**request)
    except clients["sagemaker"].exceptions.ClientError as error:
        # It may have come to its end by itself.
        if "is in status" not in str(error):
            raise


def _ended(clients: Clients, job: Job) -> str:
    while True:
        status, reason = job.status(clients)
        if status not in ("InProgress", "Stopping", "Executing"):
            assert status in job.ends, f"{job.kind} {job.name}: {status}: {reason}"
            return status
        time.sleep(WAIT_SECONDS)


def _finished(clients: Clients, ledger: Ledger, job: Job, read: Callable[[Clients], Any]) -> None:
    ledger.holds(f"{job.kind} {job.name}", read, read(clients))
    ledger.ended(job)
