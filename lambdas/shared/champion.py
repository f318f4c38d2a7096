"""The champion record of a workload, as SSM holds it now."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from contracts.champion_record import ChampionRecord
from lambdas.shared.aws_errors import error_code


def read_record(ssm: Any, parameter: str) -> ChampionRecord | None:
    """None as long as no deployment has proved itself. `ssm` is a boto3 client.

    Raises:
        ChampionRecordError: the parameter holds something else; a person wrote it.
        ClientError: SSM refuses.
    """
    try:
        found = ssm.get_parameter(Name=parameter)
    except ClientError as error:
        if error_code(error) == "ParameterNotFound":
            return None
        raise
    return ChampionRecord.parse(found["Parameter"]["Value"])
