"""RetryPolicies of a step: whether and when a failed attempt is made again.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_cloud.sagemaker.pipeline.errors import (
    EXCEPTION_TYPES,
    STEP_SERVICE_FAULT,
    STEP_THROTTLING,
)


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """Times in seconds; ``max_attempts`` and ``expire_after`` bound the retries after a try."""

    exception_types: tuple[str, ...]
    interval: float = 1.0
    backoff_rate: float = 2.0
    max_attempts: int = 5
    expire_after: float | None = None


DEFAULT_POLICY = RetryPolicy(
    exception_types=(STEP_SERVICE_FAULT, STEP_THROTTLING), interval=1.0, max_attempts=3
)
"""Faults of the called service are retried also where a step names no policy."""


def parse(policies: Any, *, where: str, faults: list[str]) -> tuple[RetryPolicy, ...]:
    """The policies of one step; faults are added to ``faults``."""
    if policies is None:
        return ()
    if not isinstance(policies, list):
        faults.append(f"{where}: RetryPolicies must be a list.")
        return ()
    return tuple(
        policy
        for index, given in enumerate(policies)
        if (policy := _policy(given, f"{where}: RetryPolicies[{index}]", faults)) is not None
    )


def _policy(given: Any, where: str, faults: list[str]) -> RetryPolicy | None:
    if not isinstance(given, Mapping):
        faults.append(f"{where} must be an object.")
        return None
    types = given.get("ExceptionType", [])
    names = types if isinstance(types, list) else [types]
    unknown = [name for name in names if name not in EXCEPTION_TYPES]
    if unknown or not names:
        faults.append(
            f"{where}: ExceptionType {unknown or names} is not one of {list(EXCEPTION_TYPES)}."
        )
        return None
    numbers = {
        key: given[key]
        for key in ("IntervalSeconds", "BackoffRate", "MaxAttempts", "ExpireAfterMin")
        if given.get(key) is not None
    }
    wrong = [
        key
        for key, value in numbers.items()
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0
    ]
    if wrong:
        faults.append(f"{where}: {', '.join(wrong)} must be a number above 0.")
        return None
    expire = numbers.get("ExpireAfterMin")
    return RetryPolicy(
        exception_types=tuple(names),
        interval=float(numbers.get("IntervalSeconds", 1)),
        backoff_rate=float(numbers.get("BackoffRate", 2.0)),
        max_attempts=int(numbers.get("MaxAttempts", 5)),
        expire_after=None if expire is None else float(expire) * 60,
    )


def delay_before_retry(
    policies: Sequence[RetryPolicy],
    exception_type: str | None,
    *,
    retries_made: int,
    elapsed: float,
) -> float | None:
    """Seconds to wait before the next attempt, or None if the step has failed for good.

    ``retries_made`` counts the retries so far; ``elapsed`` is the time in seconds since
    the step's first attempt. The first policy that names the exception decides.
    """
    if exception_type is None:
        return None
    for policy in (*policies, DEFAULT_POLICY):
        if exception_type not in policy.exception_types:
            continue
        if retries_made >= policy.max_attempts:
            return None
        delay = policy.interval * policy.backoff_rate**retries_made
        if policy.expire_after is not None and elapsed + delay > policy.expire_after:
            return None
        return float(delay)
    return None
