"""The endpoint as it is now.

Statuses: "EndpointStatus" of DescribeEndpoint in the Amazon SageMaker API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code, is_missing

IN_SERVICE = "InService"
FAILED = "Failed"
DELETING = "Deleting"
TRANSITIONAL = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", DELETING})


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An endpoint that exists.

    Attributes:
        config: name of its endpoint configuration; empty where SageMaker names none.
        failure: SageMaker's reason; empty where there is none.
        weights: of its variants, by their names; empty where nothing serves.
        instances: how many each variant has now, by name.
        modified: when it was last changed; None where SageMaker does not say.
    """

    name: str
    status: str
    config: str
    failure: str
    weights: Mapping[str, float] = field(default_factory=dict)
    instances: Mapping[str, int] = field(default_factory=dict)
    modified: datetime | None = None

    @property
    def changes(self) -> bool:
        """Whether it is on its way from one status to another, and takes no request."""
        return self.status in TRANSITIONAL

    def __str__(self) -> str:
        reason = f" ({self.failure})" if self.failure else ""
        return f"endpoint {self.name} is {self.status} with {self.config or 'no config'}{reason}"


def find_endpoint(sagemaker: Any, name: str) -> Endpoint | None:
    """None if there is no such endpoint. Raises ClientError."""
    try:
        described = sagemaker.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return Endpoint(
        name=name,
        status=described["EndpointStatus"],
        config=described.get("EndpointConfigName", ""),
        failure=described.get("FailureReason", ""),
        weights={
            variant["VariantName"]: variant["CurrentWeight"]
            for variant in described.get("ProductionVariants", [])
            if "CurrentWeight" in variant
        },
        instances={
            variant["VariantName"]: variant["CurrentInstanceCount"]
            for variant in described.get("ProductionVariants", [])
            if "CurrentInstanceCount" in variant
        },
        modified=described.get("LastModifiedTime"),
    )


def delete_endpoint(sagemaker: Any, name: str) -> bool:
    """Begin to delete the endpoint, or find it gone.

    Returns:
        False if SageMaker does not delete it as long as it changes: ask again later.

    Raises:
        ClientError: SageMaker refuses for another reason.
    """
    try:
        sagemaker.delete_endpoint(EndpointName=name)
    except ClientError as error:
        if is_in_progress(error):
            return False
        if not is_missing(error):
            raise
    return True


def is_in_progress(error: ClientError) -> bool:
    """Whether SageMaker refuses since the endpoint changes right now."""
    message = str(error.response.get("Error", {}).get("Message", "")).lower()
    return error_code(error) == "ValidationException" and "in-progress" in message
