"""Pipeline variables inside a JSON tree, and what they refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local_cloud.sagemaker.pipeline.definition import Step

VARIABLES = ("Get", "Std:Join", "Std:JsonGet")
EXECUTION_VARIABLES = (
    "PipelineName",
    "PipelineArn",
    "PipelineExecutionId",
    "PipelineExecutionArn",
    "StartDateTime",
    "CurrentDateTime",
)
JOB_NAMES = {"TrainingJobName": "Training", "ProcessingJobName": "Processing"}
"""Execution variables that a step of the type alone has: the name of its own job."""


def variable(value: Any) -> str | None:
    """Which pipeline variable this JSON value is, None if it is an ordinary value."""
    if isinstance(value, Mapping) and len(value) == 1:
        (key,) = value
        return key if key in VARIABLES else None
    return None


def gets(value: Any) -> Iterator[str]:
    """Every path that a ``Get`` inside ``value`` names."""
    if isinstance(value, Mapping):
        if variable(value) == "Get":
            yield str(value["Get"])
            return
        for item in value.values():
            yield from gets(item)
    elif isinstance(value, list):
        for item in value:
            yield from gets(item)


def of_step(step: Step) -> list[str]:
    """Every path that the step's arguments and its function or queue name."""
    return [*gets(step.arguments), *gets(step.function_arn), *gets(step.queue_url)]


def steps_named(paths: list[str]) -> set[str]:
    """The names of the steps that the paths refer to."""
    return {step_name(path) for path in paths if path.startswith("Steps.")}


def step_name(path: str) -> str:
    """``Train`` of ``Steps.Train.ModelArtifacts.S3ModelArtifacts``."""
    return path.removeprefix("Steps.").split(".", 1)[0].split("[", 1)[0]
