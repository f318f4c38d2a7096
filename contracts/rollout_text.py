"""How a plan lets a new model take the old one's place, in words.

Read from UpdateEndpoint's own request in the plan, so that what people are told is what SageMaker
is asked for ("DeploymentConfig" in the Amazon SageMaker API reference).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ALL_AT_ONCE = "all-at-once"
_TYPES = {"ALL_AT_ONCE": _ALL_AT_ONCE, "CANARY": "canary", "LINEAR": "linear"}


def strategy_of(plan: Mapping[str, Any]) -> str:
    """One word: `first`, `split`, `all-at-once`, `canary`, `linear` or `rolling`; `-` where the
    plan updates no endpoint."""
    if plan.get("nothing_to_do") or not plan.get("endpoint") or plan.get("kind") == "shift":
        return "-"
    if not plan.get("endpoint_exists", True):
        return "first"
    if plan.get("target_variant"):
        return "split"
    config = plan["endpoint"].get("DeploymentConfig") or {}
    if "RollingUpdatePolicy" in config:
        return "rolling"
    return _TYPES.get(str(_routing(config).get("Type")), _ALL_AT_ONCE)


def rollout_sentence(plan: Mapping[str, Any]) -> str:
    """A sentence, with sizes and times; empty where the plan updates no endpoint."""
    strategy = strategy_of(plan)
    config = (plan.get("endpoint") or {}).get("DeploymentConfig") or {}
    kept = config.get("BlueGreenUpdatePolicy", {}).get("TerminationWaitInSeconds")
    bake = f"; the old instances are kept {kept} s longer" if kept else ""
    if strategy == "-":
        return ""
    if strategy == "first":
        return "The endpoint is made; nothing serves before it."
    if strategy == "split":
        return "The new model serves beside the old one, on instances of its own."
    if strategy == "rolling":
        policy = config["RollingUpdatePolicy"]
        return (
            f"The instances are replaced in batches of {_size(policy.get('MaximumBatchSize'))}, "
            f"{policy.get('WaitIntervalInSeconds', 0)} s apart."
        )
    routing = _routing(config)
    wait = routing.get("WaitIntervalInSeconds", 0)
    if strategy == "canary":
        size = _size(routing.get("CanarySize"))
        return f"{size} of the instances get requests first, after {wait} s all do{bake}."
    if strategy == "linear":
        size = _size(routing.get("LinearStepSize"))
        return f"{size} of the instances more get requests every {wait} s{bake}."
    return f"All requests go to new instances at once, when those are healthy{bake}."


def _routing(config: Mapping[str, Any]) -> Mapping[str, Any]:
    policy = config.get("BlueGreenUpdatePolicy") or {}
    routing: Mapping[str, Any] = policy.get("TrafficRoutingConfiguration") or {}
    return routing


def _size(size: Mapping[str, Any] | None) -> str:
    if not size:
        return "?"
    value = size.get("Value", "?")
    return f"{value} %" if size.get("Type") == "CAPACITY_PERCENT" else f"{value}"
