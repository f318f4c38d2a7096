"""What Processing, Training, Tuning and Transform steps share: a job is created and awaited.

A job that the local cloud's restart interrupted is run once more under a new name: the
pipeline goes on as its user would want it to. A job that failed by its own fault
(AlgorithmError, ClientError) is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local_cloud.sagemaker.pipeline import shapes
from local_cloud.sagemaker.pipeline.context import StepContext, StepResult, jsonable
from local_cloud.sagemaker.pipeline.errors import StepFailedError, of_job

EXECUTION_TAG = "sagemaker:pipeline-execution-arn"

_TERMINAL = ("Completed", "Failed", "Stopped")
_OWN_FAULT = ("AlgorithmError", "ClientError")


@dataclass(frozen=True, kw_only=True)
class JobType:
    """One kind of job: its store kind, its API's methods and members."""

    step_type: str
    kind: str
    method: str
    """``create_<method>``, ``describe_<method>``, ``stop_<method>`` of the client."""
    arn_member: str
    status_member: str
    metadata_key: str
    takes_experiment: bool

    @property
    def name_member(self) -> str:
        return shapes.NAMES[self.step_type]


def run_job(context: StepContext, job: JobType) -> StepResult:
    """Create the job (unless it is there already), await its end, answer its description."""
    name = context.job_name()
    client = context.client("sagemaker")
    if context.service.store.find(job.kind, name) is None:
        getattr(client, f"create_{job.method}")(**_request(context, job, name))
    description = _describe(client, job, name)
    metadata = {job.metadata_key: {"Arn": description[job.arn_member]}}
    context.executing(metadata)
    status = _await_end(context, job, client, name)
    description = _describe(client, job, name)
    if status == "Completed":
        return StepResult(properties=description, metadata=metadata)
    if status == "Stopped" and context.stop_requested.is_set():
        return StepResult(metadata=metadata, stopped=True)
    reason = _failure_reason(description, status)
    if context.resumed and not reason.startswith(_OWN_FAULT) and _claim_rerun(context):
        return run_job(context, job)
    raise of_job(reason)


def _claim_rerun(context: StepContext) -> bool:
    """True once: forget the interrupted job, so that the step runs a new one."""
    if context.record.get("RerunAfterRestart"):
        return False
    context.begin_again(RerunAfterRestart=True)
    return True


def _request(context: StepContext, job: JobType, name: str) -> dict[str, Any]:
    request = {**context.arguments, job.name_member: name}
    request["Tags"] = with_execution_tag(context, request.get("Tags", []))
    experiment = context.started_with.get("PipelineExperimentConfig")
    if job.takes_experiment and experiment and "ExperimentConfig" not in request:
        request["ExperimentConfig"] = dict(experiment)
    return request


def with_execution_tag(context: StepContext, tags: list[dict[str, str]]) -> list[dict[str, str]]:
    """The tags plus the one by which AWS marks what a pipeline created."""
    kept = [tag for tag in tags if tag["Key"] != EXECUTION_TAG]
    return [*kept, {"Key": EXECUTION_TAG, "Value": context.execution_arn}]


def _describe(client: Any, job: JobType, name: str) -> dict[str, Any]:
    answer = getattr(client, f"describe_{job.method}")(**{job.name_member: name})
    description: dict[str, Any] = jsonable(answer)
    return description


def _await_end(context: StepContext, job: JobType, client: Any, name: str) -> str:
    """The job's last status; asks the job to stop once if the execution is to stop."""
    asked_to_stop = False
    while True:
        document = context.service.store.find(job.kind, name)
        if document is None:
            raise StepFailedError(f"ClientError: {job.kind} {name} is gone")
        status = str(document[job.status_member])
        if status in _TERMINAL:
            return status
        if context.stop_requested.is_set() and not asked_to_stop:
            asked_to_stop = True
            if not _stop(context, job, client, name):
                continue
            context.stopping()
        context.pause()


def _stop(context: StepContext, job: JobType, client: Any, name: str) -> bool:
    """Ask the job to stop; False where it came to its end meanwhile."""
    try:
        getattr(client, f"stop_{job.method}")(**{job.name_member: name})
    except ClientError:
        document = context.service.store.find(job.kind, name) or {}
        if document.get(job.status_member) in _TERMINAL:
            return False
        raise
    return True


def _failure_reason(description: dict[str, Any], status: str) -> str:
    reason = str(description.get("FailureReason") or f"ClientError: the job ended as {status}")
    message = description.get("ExitMessage")
    if message and message not in reason:
        reason = f"{reason} ({message})"
    return reason
