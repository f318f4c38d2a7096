"""The step types, one module each."""

from __future__ import annotations

from collections.abc import Callable

from local_cloud.sagemaker.pipeline.context import StepContext, StepResult
from local_cloud.sagemaker.pipeline.steps import (
    callback,
    condition,
    fail,
    lambda_function,
    model,
    processing,
    register_model,
    training,
    transform,
    tuning,
)

RUNNERS: dict[str, Callable[[StepContext], StepResult]] = {
    "Processing": processing.run,
    "Training": training.run,
    "Tuning": tuning.run,
    "Condition": condition.run,
    "RegisterModel": register_model.run,
    "Model": model.run,
    "Transform": transform.run,
    "Lambda": lambda_function.run,
    "Callback": callback.run,
    "Fail": fail.run,
}
"""A runner answers the step's result or raises StepFailedError."""
