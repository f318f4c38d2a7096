"""Whether an endpoint can be updated under a DeploymentConfig.

Rules: "Deployment guardrails" and its "Exclusions" in the SageMaker developer guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.hosting import alarms, guardrails
from local_cloud.sagemaker.hosting.guardrails import ALL_AT_ONCE, ROLLING, Guardrails
from local_cloud.sagemaker.hosting.plan import Plan, find_config
from local_cloud.sagemaker.service import SageMakerService


def check(service: SageMakerService, config: Mapping[str, Any]) -> None:
    """What can be told of a DeploymentConfig alone. Raises ValidationException."""
    _raise([*guardrails.faults(config), *_alarm_faults(service, config)])


def check_update(
    service: SageMakerService, config: Mapping[str, Any], *, new: Plan, old: Plan
) -> None:
    """Whether a DeploymentConfig that :func:`check` has passed fits the endpoint. Raises
    ValidationException that names every fault."""
    _raise(list(_plan_faults(service, Guardrails.parse(config), new, old)))


def check_roles(service: SageMakerService, config: Mapping[str, Any], plan: Plan) -> None:
    """Whether the models' execution roles may read the alarms, as AWS asks ("Auto-Rollback
    Configuration and Monitoring" in the SageMaker developer guide). Raises ValidationException."""
    names = _alarm_names(config)
    if not names:
        return
    faults: list[str] = []
    for role in sorted({variant["role"] for variant in plan["variants"]}):
        session = service.credentials.as_role(role, session_name="guardrails")
        client: Any = session.client("cloudwatch")
        faults += [
            f"the execution role {role} may not perform cloudwatch:DescribeAlarms on the alarm "
            f"{name} ({error.response['Error']['Message']})"
            for name in names
            if (error := _refusal(client, name)) is not None
        ]
    _raise(faults)


def _refusal(client: Any, alarm: str) -> ClientError | None:
    try:
        client.describe_alarms(AlarmNames=[alarm], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    except ClientError as error:
        return error
    return None


def _alarm_names(config: Mapping[str, Any]) -> list[str]:
    found = config.get("AutoRollbackConfiguration", {}).get("Alarms", ())
    return [alarm["AlarmName"] for alarm in found if "AlarmName" in alarm]


def _raise(faults: list[str]) -> None:
    if faults:
        raise ValidationException(f"Invalid DeploymentConfig: {'; '.join(faults)}.")


def _alarm_faults(service: SageMakerService, config: Mapping[str, Any]) -> Iterator[str]:
    given = _alarm_names(config)
    if len(given) < len(config.get("AutoRollbackConfiguration", {}).get("Alarms", ())):
        yield "an alarm in AutoRollbackConfiguration has no AlarmName"
    there = alarms.states(service, given)
    missing = sorted(set(given) - there.keys())
    if missing:
        yield f"the alarm(s) {', '.join(missing)} in AutoRollbackConfiguration do not exist"


def _plan_faults(
    service: SageMakerService, wanted: Guardrails, new: Plan, old: Plan
) -> Iterator[str]:
    if wanted.kind == ALL_AT_ONCE:
        return
    names = [{one["variant"] for one in plan["variants"]} for plan in (new, old)]
    if names[0] != names[1]:
        yield (
            f"{wanted.kind} needs the same variant names in the new endpoint configuration "
            f"({', '.join(sorted(names[0]))}) as in the old one ({', '.join(sorted(names[1]))})"
        )
    if wanted.kind == ROLLING and len(new["variants"]) > 1:
        yield "rolling deployments are not supported for multi-variant endpoints"
    config = find_config(service, new["config"])
    serverless = [
        one["VariantName"] for one in config["ProductionVariants"] if "ServerlessConfig" in one
    ]
    for name in serverless:
        yield f"{wanted.kind} is not supported for serverless endpoints (variant {name})"
    counts = {one["variant"]: one["instances"] for one in new["variants"]}
    yield from guardrails.size_faults(
        wanted, {name: count for name, count in counts.items() if name not in serverless}
    )
