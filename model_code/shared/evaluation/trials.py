"""What the tuning tried, as the pipeline's RaiseEpochs step wrote it: `trials.json`.

{"schema_version": 1, "objective": {"metric": "val_accuracy", "goal": "Maximize"},
 "trials": [{"training_job": "…", "status": "Completed", "objective": 0.97 or null,
             "hyperparameters": {"eta": "0.1"}}]}
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from contracts.evaluation_report import Trial, Tuning
from shared.faults import RefusedError

FILE = "trials.json"
_VERSION = 1
_GOALS = ("Maximize", "Minimize")


def read(folder: Path) -> Tuning | None:
    """The trials, None where a run had no tuning.

    Raises:
        RefusedError: the file does not follow the form above.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        document = json.loads(path.read_bytes())
        if document["schema_version"] != _VERSION:
            raise ValueError(f"schema_version: {document['schema_version']!r} is unknown")
        goal = document["objective"]["goal"]
        if goal not in _GOALS:
            raise ValueError(f"objective.goal: {goal!r}, expected one of {', '.join(_GOALS)}")
        return Tuning(
            metric=str(document["objective"]["metric"]),
            goal=goal,
            trials=tuple(_trial(item) for item in document["trials"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        wanted = f"expected version {_VERSION} with objective and trials"
        fault = f"{path}: {type(error).__name__}: {error}; {wanted}"
        raise RefusedError("the tuning's record is damaged:", [fault]) from error


def best(tuning: Tuning) -> Trial | None:
    """The trial that won, None where none gave an objective."""
    sign = 1 if tuning.goal == "Maximize" else -1
    told = [(trial.objective, trial) for trial in tuning.trials if trial.objective is not None]
    return max(told, key=lambda pair: sign * pair[0])[1] if told else None


def _trial(item: Any) -> Trial:
    objective = item.get("objective")
    value = None if objective is None else float(objective)
    return Trial(
        training_job=str(item["training_job"]),
        status=str(item["status"]),
        objective=value if value is not None and math.isfinite(value) else None,
        hyperparameters={
            str(name): str(given) for name, given in item.get("hyperparameters", {}).items()
        },
    )
