"""When a search ends before its number of trials is used up, and why it failed."""

from __future__ import annotations

from typing import Any

from local_cloud.sagemaker.tuner import convergence, definitions, trials
from local_cloud.sagemaker.tuner.strategy import Direction
from local_cloud.sagemaker.tuner.trials import Trial

CONVERGED_AT = "_converged_at"
"""Key of a tuning job's document: when convergence was detected, in seconds since the epoch."""
HOPELESS_AFTER = 5
"""AWS gives a tuning job up when its first five training jobs bring no objective."""


def reached(document: dict[str, Any], *, now: float) -> bool:
    """True when MaxRuntimeInSeconds or a completion criterion is met."""
    config = document["HyperParameterTuningJobConfig"]
    runtime = config["ResourceLimits"].get("MaxRuntimeInSeconds")
    if runtime is not None and now - document["CreationTime"] >= runtime:
        return True
    criteria = config.get("TuningJobCompletionCriteria", {})
    recorded: list[Trial] = document["_trials"]
    direction = definitions.direction(document)
    best = trials.best(recorded, direction)
    if best is None:
        return False
    converged = criteria.get("ConvergenceDetected", {}).get("CompleteOnConvergence") == "Enabled"
    if converged and CONVERGED_AT in document:
        return True
    return _target_met(criteria, best, direction) or (
        "BestObjectiveNotImproving" in criteria
        and not_improving(recorded, direction)
        >= criteria["BestObjectiveNotImproving"].get("MaxNumberOfTrainingJobsNotImproving", 3)
    )


def _target_met(criteria: dict[str, Any], best: Trial, direction: str) -> bool:
    target: float | None = criteria.get("TargetObjectiveMetricValue")
    if target is None or best["objective"] is None:
        return False
    if direction == "Maximize":
        return best["objective"] >= target
    return best["objective"] <= target


def not_improving(recorded: list[Trial], direction: Direction) -> int:
    """How many objectives came since the last one that was better by one percent or more."""
    bests = convergence.significant_bests(_objectives(recorded), direction)
    return len(bests) - 1 - bests.index(bests[-1]) if bests else 0


def has_converged(recorded: list[Trial], direction: Direction) -> bool:
    """By the local cloud's own rule; see :mod:`local_cloud.sagemaker.tuner.convergence`."""
    return convergence.detected(_objectives(recorded), direction)


def _objectives(recorded: list[Trial]) -> list[float]:
    return [trial["objective"] for trial in recorded if trial["objective"] is not None]


def hopeless(recorded: list[Trial]) -> bool:
    """Five trials ended and none gave an objective."""
    ended = [t for t in recorded if not trials.is_running(t) and not t["replaced"]]
    return len(ended) >= HOPELESS_AFTER and all(t["objective"] is None for t in ended)


def failure_reason(recorded: list[Trial]) -> str:
    """In AWS's words: either nothing ran through, or nothing gave the objective."""
    counted = [trial for trial in recorded if not trial["replaced"]]
    if any(trial["status"] == "Completed" for trial in counted):
        return (
            f"No objective metrics found after running {len(counted)} training jobs. Please "
            "ensure that the custom algorithm is emitting the objective metric as defined by "
            "the regular expression provided."
        )
    return (
        f"No training job succeeded after {len(counted)} attempts. Please take a look at the "
        "training job failures to get more details."
    )
