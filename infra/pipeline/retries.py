"""When a pipeline step is tried again: the service's faults, throttling, and lack of capacity.

Nothing here retries a failure of the code itself. The limits are those of the SageMaker SDK's
`sagemaker.mlops.workflow.retry`: at most 20 attempts, or 14400 minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ExceptionType = Literal[
    "Step.SERVICE_FAULT",
    "Step.THROTTLING",
    "SageMaker.JOB_INTERNAL_ERROR",
    "SageMaker.CAPACITY_ERROR",
    "SageMaker.RESOURCE_LIMIT",
]


@dataclass(frozen=True)
class RetryPolicy:
    """Tries a step again after `interval_seconds`, each time `backoff_rate` times later.

    Either `max_attempts` or `expire_after_minutes` ends it.
    """

    exception_types: tuple[ExceptionType, ...]
    interval_seconds: int
    backoff_rate: float = 2.0
    max_attempts: int | None = None
    expire_after_minutes: int | None = None

    def __post_init__(self) -> None:
        if (self.max_attempts is None) == (self.expire_after_minutes is None):
            raise ValueError("give either max_attempts or expire_after_minutes to a RetryPolicy")

    def to_request(self) -> dict[str, Any]:
        """The policy as a pipeline definition holds it."""
        request: dict[str, Any] = {
            "BackoffRate": self.backoff_rate,
            "IntervalSeconds": self.interval_seconds,
        }
        if self.max_attempts is not None:
            request["MaxAttempts"] = self.max_attempts
        if self.expire_after_minutes is not None:
            request["ExpireAfterMin"] = self.expire_after_minutes
        return {**request, "ExceptionType": list(self.exception_types)}


SERVICE = RetryPolicy(("Step.SERVICE_FAULT", "Step.THROTTLING"), interval_seconds=5, max_attempts=6)
"""For every step that calls SageMaker."""

INTERNAL_ERROR = RetryPolicy(("SageMaker.JOB_INTERNAL_ERROR",), interval_seconds=30, max_attempts=3)
"""For jobs that SageMaker itself broke."""

NO_CAPACITY = RetryPolicy(
    ("SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT"),
    interval_seconds=60,
    expire_after_minutes=240,
)
"""For jobs that find no free instance, or whose quota other jobs use up for the moment."""

JOB = (SERVICE, INTERNAL_ERROR, NO_CAPACITY)
