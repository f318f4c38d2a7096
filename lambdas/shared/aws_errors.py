"""Tell AWS's errors apart."""

from __future__ import annotations

from botocore.exceptions import ClientError

# SageMaker has no code of its own for most missing resources: the message tells.
_MISSING_CODES = frozenset({"ResourceNotFound", "ResourceNotFoundException"})
_MISSING_WORDS = ("could not find", "does not exist", "not found")


def error_code(error: ClientError) -> str:
    """The code in AWS's answer, such as `ValidationException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_missing(error: ClientError) -> bool:
    """Whether SageMaker says that there is no such resource."""
    code = error_code(error)
    message = str(error.response.get("Error", {}).get("Message", "")).lower()
    return code in _MISSING_CODES or (
        code == "ValidationException" and any(words in message for words in _MISSING_WORDS)
    )
