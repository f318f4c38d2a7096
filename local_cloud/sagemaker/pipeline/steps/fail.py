"""Fail step: ends the execution as failed, with a message of the definition's own."""

from __future__ import annotations

from local_cloud.sagemaker.pipeline.context import StepContext, StepResult
from local_cloud.sagemaker.pipeline.errors import StepFailedError
from local_cloud.sagemaker.pipeline.expressions import as_text

_MESSAGE_LIMIT = 3072


def run(context: StepContext) -> StepResult:
    """Raises StepFailedError with the step's ErrorMessage, always."""
    message = as_text(context.arguments.get("ErrorMessage", ""))[:_MESSAGE_LIMIT]
    context.save(Metadata={"Fail": {"ErrorMessage": message}})
    raise StepFailedError(message)
