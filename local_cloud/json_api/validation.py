"""Requests and answers checked against botocore's model of a service, in AWS's words."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import botocore
import botocore.session
from botocore.model import OperationModel, ServiceModel

from local_cloud.json_api import constraints
from local_cloud.json_api.errors import ApiError, ValidationException, detected
from local_cloud.json_api.serialization import wrong_types

_COMMON_ERRORS = (
    "AccessDeniedException",
    "InternalFailure",
    "SerializationException",
    "ThrottlingException",
    "UnsupportedOperation",
    "ValidationException",
)
"""Every action of a service has these, of AWS's ("Common Errors" in its API references) and of
the local cloud's own."""


class ApiModel:
    """botocore's model of one service's API; ``title`` is what errors call the service."""

    def __init__(self, service: str, *, title: str) -> None:
        self._service = service
        self._title = title

    @functools.cached_property
    def shapes(self) -> ServiceModel:
        model: ServiceModel = botocore.session.get_session().get_service_model(self._service)
        return model

    def operation(self, action: str) -> OperationModel:
        """Raises ApiError (UnknownOperationException) for an action that AWS does not have."""
        if action not in self.shapes.operation_names:
            raise ApiError("UnknownOperationException", f"{self._title} has no action {action}.")
        model: OperationModel = self.shapes.operation_model(action)
        return model

    def check_types(self, action: str, request: Mapping[str, Any]) -> None:
        """Raises ApiError (SerializationException) for the first value of a wrong JSON type,
        and as :meth:`operation` does."""
        shape = self.operation(action).input_shape
        wrong = None if shape is None else next(wrong_types(shape, request), None)
        if wrong is not None:
            raise ApiError("SerializationException", wrong)

    def faults(self, action: str, request: Mapping[str, Any]) -> list[str]:
        """Every constraint that the request breaks. Raises as :meth:`check_types` does."""
        self.check_types(action, request)
        shape = self.operation(action).input_shape
        return [] if shape is None else list(constraints.faults(shape, request))

    def validate(self, action: str, request: Mapping[str, Any]) -> None:
        """Raises ApiError: ValidationException that names every fault of the request, and as
        :meth:`check_types` does."""
        faults = self.faults(action, request)
        if faults:
            raise ValidationException(detected(faults))
        self._refuse_unknown(action, request)

    def _refuse_unknown(self, action: str, request: Mapping[str, Any]) -> None:
        """AWS passes over members that it does not know. Here such a member is either a slip, or
        newer than the model, so that something would be left out that its sender counts on."""
        shape = self.operation(action).input_shape
        unknown = [*request] if shape is None else [*constraints.unknown_members(shape, request)]
        if unknown:
            raise ValidationException(
                f"{action} has no member {', '.join(unknown)} as far as the local cloud knows "
                f"{self._title}'s API (from botocore {botocore.__version__})."
            )

    def error_faults(self, action: str, code: str) -> list[str]:
        """What is wrong with an error's code: one that the action does not have."""
        own = [shape.name for shape in self.operation(action).error_shapes]
        return [] if code in (*own, *_COMMON_ERRORS) else [f"it has no error {code}"]

    def answer_faults(self, action: str, answer: Mapping[str, Any]) -> list[str]:
        """Whatever of an answer is not as the action's output shape says."""
        shape = self.operation(action).output_shape
        if shape is None:
            return [f"there is no answer but {{}}, not {answer}"] if answer else []
        wrong = list(wrong_types(shape, answer))
        if wrong:
            return wrong
        unknown = [f"unknown member '{one}'" for one in constraints.unknown_members(shape, answer)]
        return [*constraints.faults(shape, answer), *unknown]
