"""Hyperband: what a training job may use, and when it is stopped.

Contract: HyperbandStrategyConfig in the API reference. The resource is the number of values of the
objective metric that a job has emitted: an epoch, an iteration. Which jobs fall behind is decided
by Optuna's HyperbandPruner (asynchronous successive halving in several brackets).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_cloud.sagemaker.tuner.emissions import Emission

DEFAULT_MIN_RESOURCE = 1
MOST_RESOURCE = 20_000
"""AWS's largest MaxResource."""
RESOURCE_KEYS = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")
"""Static hyperparameters that MaxResource is inferred from, in AWS's order."""
GRACE_SECONDS = 30.0
"""How long a job that has used MaxResource may take to end by itself. AWS only says that it is
stopped then; a program that is killed while it writes its model would lose the best one."""


@dataclass(frozen=True)
class Resource:
    """How many values of the objective a job emits at least and at most."""

    least: int
    most: int


def resource(
    config: Mapping[str, Any], definition: Mapping[str, Any]
) -> tuple[Resource, list[str]]:
    """From HyperParameterTuningJobConfig and a definition, with every fault found in them (the
    resource is right if there is none)."""
    given = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig", {})
    least = given.get("MinResource", DEFAULT_MIN_RESOURCE)
    most = given.get("MaxResource", _inferred(definition.get("StaticHyperParameters", {})))
    if most is None:
        return Resource(least, least), [
            "MaxResource of HyperbandStrategyConfig is required: it can't be inferred from the "
            f"StaticHyperParameters, which have a whole number under none of {list(RESOURCE_KEYS)}."
        ]
    faults = []
    if least > most:
        faults.append(
            f"MinResource [{least}] of HyperbandStrategyConfig must be less than or equal to "
            f"MaxResource [{most}]."
        )
    if most > MOST_RESOURCE:
        faults.append(
            f"MaxResource [{most}] of HyperbandStrategyConfig must be less than or equal to "
            f"{MOST_RESOURCE}."
        )
    return Resource(least, most), faults


def _inferred(static: Mapping[str, str]) -> int | None:
    for key in RESOURCE_KEYS:
        text = static.get(key, "")
        if text.isascii() and text.isdecimal() and int(text) >= 1:
            return int(text)
    return None


def is_used_up(emitted: Sequence[Emission], most: int, *, now: float) -> bool:
    """Whether a job is past its MaxResource: it emits more, or does not end."""
    if len(emitted) < most:
        return False
    return len(emitted) > most or now - emitted[most - 1].time >= GRACE_SECONDS
