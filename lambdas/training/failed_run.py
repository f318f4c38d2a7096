"""A pipeline run that ended without success, as SageMaker describes it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ENDED_BADLY = ("Failed", "Stopped")


@dataclass(frozen=True, kw_only=True)
class FailedStep:
    """A step that failed or was stopped.

    Attributes:
        kind: what the step ran, as ListPipelineExecutionSteps names it: ProcessingJob,
            TrainingJob, TuningJob, Lambda, Fail and the like, or "not begun".
        status: Failed or Stopped.
        reason: why, or the empty string.
        resource_arn: of the job or function, or the empty string.
    """

    name: str
    kind: str
    status: str
    reason: str
    resource_arn: str


@dataclass(frozen=True, kw_only=True)
class FailedRun:
    """A run of a pipeline.

    Attributes:
        status: that the event told of, Failed or Stopped.
        status_now: another one where the run was started again meanwhile.
        reason: of the run as a whole, or the empty string.
        dataset_version: that it was started with, or the empty string.
        manifest: S3 URI of that dataset's manifest, or the empty string.
        steps: that failed or were stopped, in the order in which they began.
    """

    pipeline: str
    execution_arn: str
    region: str
    status: str
    status_now: str
    reason: str
    dataset_version: str
    manifest: str
    steps: tuple[FailedStep, ...]

    @property
    def refused(self) -> bool:
        """Whether the run ended at a step that is there to end it, such as the gate's."""
        return bool(self.steps) and all(step.kind == "Fail" for step in self.steps)


def read_failed_run(
    sagemaker: Any, *, pipeline_arn: str, execution_arn: str, status: str
) -> FailedRun:
    """Ask for the run's reason, parameters and steps.

    Raises:
        ClientError: SageMaker refuses.
    """
    described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution_arn)
    parameters = {
        each["Name"]: each["Value"]
        for each in _all(
            sagemaker,
            "list_pipeline_parameters_for_execution",
            "PipelineParameters",
            PipelineExecutionArn=execution_arn,
        )
    }
    steps = _all(
        sagemaker,
        "list_pipeline_execution_steps",
        "PipelineExecutionSteps",
        PipelineExecutionArn=execution_arn,
        SortOrder="Ascending",
    )
    _, _, _, region, _, pipeline = pipeline_arn.split(":", 5)
    return FailedRun(
        pipeline=pipeline.partition("/")[2],
        execution_arn=execution_arn,
        region=region,
        status=status,
        status_now=described["PipelineExecutionStatus"],
        reason=described.get("FailureReason", ""),
        dataset_version=parameters.get("DatasetVersion", ""),
        manifest=parameters.get("DatasetManifest", ""),
        steps=tuple(_step(step) for step in steps if step["StepStatus"] in _ENDED_BADLY),
    )


def _all(sagemaker: Any, operation: str, member: str, **request: Any) -> list[Mapping[str, Any]]:
    pages = sagemaker.get_paginator(operation).paginate(**request)
    return [item for page in pages for item in page.get(member, [])]


def _step(step: Mapping[str, Any]) -> FailedStep:
    # One member, named after what the step ran.
    ((kind, metadata),) = list(step.get("Metadata", {}).items())[:1] or [("not begun", {})]
    return FailedStep(
        name=step["StepName"],
        kind=kind,
        status=step["StepStatus"],
        reason=step.get("FailureReason") or metadata.get("ErrorMessage", ""),
        resource_arn=metadata.get("Arn", ""),
    )
