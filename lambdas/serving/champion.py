"""Which model answers: the champion that deployments recorded."""

from __future__ import annotations

from typing import Any

from contracts import names
from contracts.champion_record import Deployed
from lambdas.shared.champion import read_record


def read_champion(ssm: Any, *, environment: str, workload: str) -> Deployed | None:
    """None where no model was deployed yet.

    Raises:
        ChampionRecordError: the parameter holds something else.
        ClientError: Systems Manager refuses.
    """
    record = read_record(ssm, names.champion_parameter(environment, workload))
    return record.champion if record else None
