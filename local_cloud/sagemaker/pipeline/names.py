"""Names of what pipelines create, as AWS makes them."""

from __future__ import annotations

import secrets
import string

EXECUTION_ID_LENGTH = 12
_SUFFIX_LENGTH = 10
_NAME_LIMIT = 63
_TUNING_NAME_LIMIT = 32
_LETTERS = string.ascii_letters + string.digits


def execution_id() -> str:
    """Twelve small letters and digits."""
    letters = string.ascii_lowercase + string.digits
    return "".join(secrets.choice(letters) for _ in range(EXECUTION_ID_LENGTH))


def resource_name(execution: str, step: str, *, prefix: str = "pipelines") -> str:
    """``pipelines-<execution id>-<step>-<10 random characters>``, at most 63 characters.

    A step's name is cut where it does not fit; underscores, which resource names may
    not have, become hyphens.
    """
    suffix = _random()
    room = _NAME_LIMIT - len(f"{prefix}-{execution}--{suffix}")
    return f"{prefix}-{execution}-{_fitting(step, room)}-{suffix}"


def tuning_job_name(execution: str, step: str) -> str:
    """``<execution id>-<step>-<10 random characters>``, at most 32 characters."""
    suffix = _random()
    room = _TUNING_NAME_LIMIT - len(f"{execution}--{suffix}")
    return f"{execution}-{_fitting(step, room)}-{suffix}"


def _fitting(step: str, room: int) -> str:
    return step.replace("_", "-")[:room].strip("-") or "step"[:room]


def _random() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_SUFFIX_LENGTH))
