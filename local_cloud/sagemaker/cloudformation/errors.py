"""What CloudFormation tells, in a stack's events, of a resource that SageMaker refused."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from local_cloud.json_api.errors import ApiError

_CODES = {
    "ResourceNotFound": "NotFound",
    "ResourceInUse": "ResourceConflict",
    "ConflictException": "ResourceConflict",
    "ResourceLimitExceeded": "ServiceLimitExceeded",
    "ValidationException": "InvalidRequest",
}
Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class ProvisioningError(Exception):
    """A resource that could not be made, changed or removed, in CloudFormation's words."""


def not_stabilized(reason: str) -> ProvisioningError:
    """The resource was made or changed, and then did not come up."""
    return ProvisioningError(
        f'Resource handler returned message: "{reason}" (HandlerErrorCode: NotStabilized)'
    )


def told(handler: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Let ``handler`` raise ProvisioningError for what SageMaker's API refuses."""

    @functools.wraps(handler)
    def telling(*arguments: Given.args, **named: Given.kwargs) -> Answer:
        try:
            return handler(*arguments, **named)
        except ApiError as error:
            code = _CODES.get(error.code, "GeneralServiceException")
            if "already exist" in error.message.lower():
                code = "AlreadyExists"
            raise ProvisioningError(
                f'Resource handler returned message: "{error.message} (Service: SageMaker, '
                f'Status Code: {error.status})" (HandlerErrorCode: {code})'
            ) from error

    return telling
