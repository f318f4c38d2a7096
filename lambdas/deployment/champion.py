"""What the champion record is made of, and its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from contracts.champion_record import Deployed
from lambdas.shared.aws_errors import error_code


def deployed(
    package: str,
    *,
    model: str,
    approved_at: str = "",
    metrics: Mapping[str, float] | None = None,
    model_sha256: str = "",
) -> Deployed | None:
    """The deployment with which `model` serves alone; None where `package` is no package's ARN.

    Its configuration has the model's name.
    """
    version = package.rpartition("/")[2]
    if not version.isdigit():
        return None
    return Deployed(
        package=package,
        version=int(version),
        model=model,
        config=model,
        approved_at=approved_at,
        metrics=metrics or {},
        model_sha256=model_sha256,
    )


def forget_record(ssm: Any, parameter: str) -> None:
    """Delete the record, or find it gone. Raises ClientError."""
    try:
        ssm.delete_parameter(Name=parameter)
    except ClientError as error:
        if error_code(error) != "ParameterNotFound":
            raise
