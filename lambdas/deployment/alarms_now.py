"""Alarms as they are before an update: one that is off already would roll anything back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.deployment.findings import Findings, note

_ROLLBACK = "AutoRollbackConfiguration"


def without_alarms(
    request: Mapping[str, Any], cloudwatch: Any, alarms: Sequence[str]
) -> tuple[dict[str, Any], Findings]:
    """An UpdateEndpoint request without the alarms that cannot guard it, and what to say of them.

    Raises:
        ClientError: CloudWatch refuses.
    """
    config = request.get("DeploymentConfig", {})
    if not config.get(_ROLLBACK) or not alarms:
        return dict(request), Findings()
    described = cloudwatch.describe_alarms(AlarmNames=list(alarms))["MetricAlarms"]
    states = {each["AlarmName"]: each["StateValue"] for each in described}
    findings = Findings()
    for name in alarms:
        if name not in states:
            findings += note(
                f"The alarm {name} is missing and does not guard the update: deploy the app again"
            )
        elif states[name] == "ALARM":
            findings += note(
                f"The alarm {name} had gone off before, so it does not guard the update"
            )
    left = [{"AlarmName": name} for name in alarms if states.get(name, "ALARM") != "ALARM"]
    others = {key: value for key, value in config.items() if key != _ROLLBACK}
    rollback = {_ROLLBACK: {"Alarms": left}} if left else {}
    return {**request, "DeploymentConfig": {**others, **rollback}}, findings
