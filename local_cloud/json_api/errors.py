"""Errors in the shape that AWS's JSON services answer them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence


class ApiError(Exception):
    """An error that a client sees as ``botocore.exceptions.ClientError``."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class ValidationException(ApiError):
    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


def detected(faults: Sequence[str]) -> str:
    """All the faults of a request in one message of AWS's form."""
    noun = "error" if len(faults) == 1 else "errors"
    return f"{len(faults)} validation {noun} detected: {'; '.join(faults)}"


def raise_all(faults: Sequence[str]) -> None:
    """Raises ValidationException with all the faults, if there are any; one stands for itself."""
    if len(faults) == 1:
        raise ValidationException(faults[0])
    if faults:
        raise ValidationException(detected(faults))


def refusal(look: Callable[[], object]) -> Iterator[str]:
    """The message of the ApiError that ``look`` raises, if it does."""
    try:
        look()
    except ApiError as error:
        yield error.message
