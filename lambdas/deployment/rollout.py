"""How UpdateEndpoint brings a new configuration in: the deployment guardrails of SageMaker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.serving import MAX_UPDATE_SECONDS, Rollout, Serving
from lambdas.deployment.endpoint import Endpoint
from lambdas.deployment.requests import update_request
from lambdas.deployment.settings import PlanSettings

_MIN_UPDATE_SECONDS = 600


def deployment_config(
    serving: Serving, *, alarms: Sequence[str], bake_seconds: int, timeout_seconds: int
) -> dict[str, Any] | None:
    """DeploymentConfig of UpdateEndpoint, with nothing left to SageMaker's defaults.

    SageMaker takes it where the variants go on by their names: not at the begin or the end of a
    split. See "Exclusions" of deployment guardrails in the developer guide.

    Args:
        alarms: names of the alarms that roll the update back; 10 at most.
        bake_seconds: that the old instances are kept after the last step, the alarms watched.
        timeout_seconds: that the new instances may take to be in service, besides the waits.

    Returns:
        None for what has no instances: guardrails are for real-time and asynchronous endpoints
        only (developer guide, "Deployment guardrails for updating models in production").
    """
    if serving.mode not in ("realtime", "async"):
        return None
    rollout = serving.rollout
    # SageMaker wants the limit above the sum of all waits.
    needed = rollout.waiting_seconds(bake_seconds) + timeout_seconds
    limit = min(max(needed, _MIN_UPDATE_SECONDS), MAX_UPDATE_SECONDS)
    config: dict[str, Any] = {}
    if rollout.strategy == "rolling":
        config["RollingUpdatePolicy"] = {
            "MaximumBatchSize": _percent(rollout),
            "WaitIntervalInSeconds": rollout.step_wait_seconds,
            # What went wrong is taken back at once, not as carefully as it came.
            "RollbackMaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 100},
            "MaximumExecutionTimeoutInSeconds": limit,
        }
    else:
        config["BlueGreenUpdatePolicy"] = {
            "TrafficRoutingConfiguration": _traffic_routing(rollout),
            "TerminationWaitInSeconds": bake_seconds,
            "MaximumExecutionTimeoutInSeconds": limit,
        }
    if alarms:
        config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarms]}
    return config


def guarded_update_request(
    settings: PlanSettings, endpoint: Endpoint, config: str
) -> dict[str, Any]:
    """UpdateEndpoint of `endpoint` to `config`, with one variant of the same name as before: it
    keeps the instances that it was scaled to, and the alarms roll it back."""
    serving = settings.serving
    return update_request(
        settings.endpoint_name,
        config,
        keep_capacity=_keeps_capacity(serving, endpoint),
        deployment_config=deployment_config(
            serving,
            alarms=settings.alarms,
            bake_seconds=settings.bake_seconds,
            timeout_seconds=settings.timeout_seconds,
        ),
    )


def _keeps_capacity(serving: Serving, endpoint: Endpoint) -> bool:
    """Whether the new instances are as many as the old ones, and not as the configuration says."""
    if serving.asynchronous is not None:
        # Of an endpoint that was scaled to zero none would be kept, and none would prove itself.
        return sum(endpoint.instances.values()) > serving.instance_count
    return serving.autoscaling is not None


def back_at_once(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """DeploymentConfig of an update that takes back one with the config `deployment`.

    All at once and watched by no alarm: those that went off still do, and what comes back served
    before.
    """
    (policy,) = (value for key, value in deployment.items() if key.endswith("UpdatePolicy"))
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
            "TerminationWaitInSeconds": 0,
            "MaximumExecutionTimeoutInSeconds": policy["MaximumExecutionTimeoutInSeconds"],
        }
    }


def _traffic_routing(rollout: Rollout) -> dict[str, Any]:
    wait = {"WaitIntervalInSeconds": rollout.step_wait_seconds}
    if rollout.strategy == "canary":
        return {"Type": "CANARY", "CanarySize": _percent(rollout), **wait}
    if rollout.strategy == "linear":
        return {"Type": "LINEAR", "LinearStepSize": _percent(rollout), **wait}
    return {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}


def _percent(rollout: Rollout) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": rollout.step_percent}
