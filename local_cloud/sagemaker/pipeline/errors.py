"""What can go wrong while a step runs, and what pipelines call it."""

from __future__ import annotations

from typing import Any

STEP_SERVICE_FAULT = "Step.SERVICE_FAULT"
STEP_THROTTLING = "Step.THROTTLING"
JOB_INTERNAL_ERROR = "SageMaker.JOB_INTERNAL_ERROR"
CAPACITY_ERROR = "SageMaker.CAPACITY_ERROR"
RESOURCE_LIMIT = "SageMaker.RESOURCE_LIMIT"

EXCEPTION_TYPES = (
    STEP_SERVICE_FAULT,
    STEP_THROTTLING,
    JOB_INTERNAL_ERROR,
    CAPACITY_ERROR,
    RESOURCE_LIMIT,
)
"""The exception types that a retry policy may name.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
"""

_THROTTLING_CODES = {
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
}
_JOB_REASONS = {
    "InternalServerError": JOB_INTERNAL_ERROR,
    "CapacityError": CAPACITY_ERROR,
    "InsufficientCapacityError": CAPACITY_ERROR,
    "ResourceLimitExceeded": RESOURCE_LIMIT,
}


class StepFailedError(Exception):
    """A step's attempt failed; ``exception_type`` is what a retry policy may match."""

    def __init__(self, reason: str, *, exception_type: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.exception_type = exception_type


class InterruptedByShutdownError(Exception):
    """The local cloud is stopping: the step's state stays as it is and is resumed later."""


def of_client_error(error: Any) -> StepFailedError:
    """A refused API call (botocore ClientError) as the failure of its step."""
    details = error.response.get("Error", {})
    code = str(details.get("Code", "Unknown"))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400))
    kind: str | None = None
    if code in _THROTTLING_CODES:
        kind = STEP_THROTTLING
    elif code == "ResourceLimitExceeded":
        kind = RESOURCE_LIMIT
    elif status >= 500:
        kind = STEP_SERVICE_FAULT
    return StepFailedError(f"ClientError: {error}", exception_type=kind)


def of_job(reason: str) -> StepFailedError:
    """A failed job as the failure of its step; ``reason`` is the job's FailureReason."""
    prefix = reason.split(":", 1)[0].strip()
    return StepFailedError(reason, exception_type=_JOB_REASONS.get(prefix))
