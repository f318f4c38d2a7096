"""What a pipeline run is doing, read through SageMaker's and CloudWatch Logs' APIs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

TRAINING_LOG_GROUP = "/aws/sagemaker/TrainingJobs"
# Our own code writes `epoch=3 loss=...`, behind `[0]:` where torchrun starts it; the built-in
# XGBoost `[20]#011validation-auc:...` (its tabs), of which every tenth round is enough to see.
PROGRESS = re.compile(r"(?:\[0\]:)?(epoch=.*|\[\d*0\]#011.*)")
TUNER_KEYS = ("sagemaker_program", "sagemaker_submit_directory", "_tuning_objective_metric")


@dataclass(frozen=True)
class Step:
    """One step of the run; ``seconds`` so far or in all."""

    name: str
    status: str
    seconds: float
    failure: str | None
    resource_arn: str | None
    """The job or the model package that the step made."""

    @property
    def job_name(self) -> str | None:
        return self.resource_arn.rsplit("/", 1)[-1] if self.resource_arn else None


@dataclass(frozen=True)
class Trial:
    """One training job of the tuner, with the hyperparameters it was given."""

    name: str
    status: str
    hyperparameters: dict[str, str]
    objective: float | None
    best: bool = False


@dataclass(frozen=True)
class RunState:
    """A pipeline run at one moment."""

    status: str
    failure: str | None
    steps: list[Step]
    trials: list[Trial]

    @property
    def over(self) -> bool:
        return self.status not in ("Executing", "Stopping")

    def step(self, name: str) -> Step | None:
        return next((step for step in self.steps if step.name == name), None)


def read_run(sagemaker: Any, execution_arn: str) -> RunState:
    """The state of a run. Raises botocore's ClientError where the run is unknown."""
    execution = sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution_arn)
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=execution_arn, SortOrder="Ascending"
    )
    raw = [step for page in pages for step in page["PipelineExecutionSteps"]]
    tuning_jobs = [arn.rsplit("/", 1)[-1] for step in raw if (arn := _arn(step, "TuningJob"))]
    return RunState(
        status=execution["PipelineExecutionStatus"],
        failure=execution.get("FailureReason"),
        steps=[_step(step) for step in raw],
        trials=[trial for job in tuning_jobs for trial in _trials(sagemaker, job)],
    )


class EpochReader:
    """New lines of training jobs' logs that tell of an epoch or of some rounds, each line once."""

    def __init__(self, logs: Any) -> None:
        self._logs = logs
        self._tokens: dict[str, str] = {}

    def new_epochs(self, job_name: str) -> list[str]:
        """Lines that came since the last call; none while the job has no log yet."""
        streams = self._logs.describe_log_streams(
            logGroupName=TRAINING_LOG_GROUP, logStreamNamePrefix=f"{job_name}/"
        )["logStreams"]
        return [line for stream in streams for line in self._lines(stream["logStreamName"])]

    def _lines(self, stream: str) -> list[str]:
        arguments: dict[str, Any] = {"startFromHead": True}
        if token := self._tokens.get(stream):
            arguments["nextToken"] = token
        answer = self._logs.get_log_events(
            logGroupName=TRAINING_LOG_GROUP, logStreamName=stream, **arguments
        )
        self._tokens[stream] = answer["nextForwardToken"]
        found = (PROGRESS.match(event["message"].strip()) for event in answer["events"])
        return [match[1].replace("#011", "  ") for match in found if match]


def read_epochs(reader: EpochReader, job_names: list[str]) -> dict[str, list[str]]:
    """New epoch lines a job; a log group that is not there yet has none."""
    found = {}
    for name in job_names:
        try:
            lines = reader.new_epochs(name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            continue
        if lines:
            found[name] = lines
    return found


def _step(raw: dict[str, Any]) -> Step:
    started = raw.get("StartTime")
    ended = raw.get("EndTime") or datetime.now(UTC)
    metadata = raw.get("Metadata") or {}
    arns = (_arn(raw, kind) for kind in metadata)
    return Step(
        name=raw["StepName"],
        status=raw["StepStatus"],
        seconds=(ended - started).total_seconds() if started else 0.0,
        failure=raw.get("FailureReason"),
        resource_arn=next((arn for arn in arns if arn), None),
    )


def _arn(raw: dict[str, Any], kind: str) -> str | None:
    found: str | None = ((raw.get("Metadata") or {}).get(kind) or {}).get("Arn")
    return found


def _trials(sagemaker: Any, tuning_job: str) -> list[Trial]:
    pages = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName=tuning_job, SortBy="CreationTime", SortOrder="Ascending"
    )
    trials = [raw for page in pages for raw in page["TrainingJobSummaries"]]
    tuning = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=tuning_job)
    best = tuning.get("BestTrainingJob", {}).get("TrainingJobName")
    return [_trial(raw, best) for raw in trials]


def _trial(raw: dict[str, Any], best: str | None) -> Trial:
    metric = raw.get("FinalHyperParameterTuningJobObjectiveMetric")
    return Trial(
        name=raw["TrainingJobName"],
        status=raw["TrainingJobStatus"],
        hyperparameters={
            key: value
            for key, value in raw["TunedHyperParameters"].items()
            if key not in TUNER_KEYS
        },
        objective=float(metric["Value"]) if metric else None,
        best=raw["TrainingJobName"] == best,
    )
