"""Which model answers: the champion that deployments recorded."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from contracts import names
from contracts.champion_record import ChampionRecord, Deployed
from lambdas.shared.aws_errors import error_code


def read_champion(ssm: Any, *, environment: str, workload: str) -> Deployed | None:
    """None where no model was deployed yet.

    Raises:
        ChampionRecordError: the parameter holds something else.
        ClientError: Systems Manager refuses.
    """
    try:
        answer = ssm.get_parameter(Name=names.champion_parameter(environment, workload))
    except ClientError as error:
        if error_code(error) != "ParameterNotFound":
            raise
        return None
    return ChampionRecord.parse(answer["Parameter"]["Value"]).champion
