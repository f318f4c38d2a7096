"""The trials of a tuning job: how they are recorded, counted and compared.

A tuning job's document keeps its trials under ``_trials``, oldest first; what a client sees
of them (summaries, counters, the best) is derived here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from local_cloud.sagemaker.store import Document, Store
from local_cloud.sagemaker.tuner import definitions

TRAINING_JOB = "training-job"
Objective = Literal["Pending", "Succeeded", "Failed"]


class Trial(TypedDict):
    """One recorded trial; ``status`` is its training job's last known status."""

    number: int
    training_job: str
    tuned: dict[str, str]
    status: str
    objective: float | None
    replaced: bool
    """Lost to a restart of the local cloud and run once more as another trial."""
    definition: NotRequired[int]
    """Place of its definition among the tuning job's; 0 where it is not given."""


def new_trial(
    number: int, training_job: str, tuned: dict[str, str], *, definition: int = 0
) -> Trial:
    return Trial(
        number=number,
        training_job=training_job,
        tuned=tuned,
        status="InProgress",
        objective=None,
        replaced=False,
        definition=definition,
    )


def is_running(trial: Trial) -> bool:
    return trial["status"] not in ("Completed", "Failed", "Stopped")


def has_run(trial: Trial) -> bool:
    """It ended, and not by a failure."""
    return trial["status"] in ("Completed", "Stopped")


def was_run_again(lost: Trial, recorded: list[Trial]) -> bool:
    """Whether a trial that a restart lost has a successor."""
    return any(
        trial["number"] > lost["number"]
        and trial["tuned"] == lost["tuned"]
        and trial.get("definition") == lost.get("definition")
        for trial in recorded
    )


def objective_status(trial: Trial) -> Objective:
    if is_running(trial):
        return "Pending"
    return "Failed" if trial["objective"] is None else "Succeeded"


def final_objective(training_job: Document, metric: str) -> float | None:
    """The metric's final value (AWS takes the last one emitted); None if there is no number."""
    if training_job["TrainingJobStatus"] == "Failed":
        return None
    for entry in training_job.get("FinalMetricDataList", []):
        if entry["MetricName"] == metric and math.isfinite(entry["Value"]):
            return float(entry["Value"])
    return None


def best(trials: list[Trial], direction: str) -> Trial | None:
    """The trial with the best objective; the earlier one of two equals."""
    scored = [(trial["objective"], trial) for trial in trials if trial["objective"] is not None]
    if not scored:
        return None
    sign = 1.0 if direction == "Maximize" else -1.0
    return max(scored, key=lambda pair: (sign * pair[0], -pair[1]["number"]))[1]


def training_counters(trials: list[Trial]) -> dict[str, int]:
    """TrainingJobStatusCounters."""
    failed = [trial for trial in trials if trial["status"] == "Failed"]
    return {
        "Completed": sum(trial["status"] == "Completed" for trial in trials),
        "InProgress": sum(is_running(trial) for trial in trials),
        "RetryableError": sum(trial["replaced"] for trial in failed),
        "NonRetryableError": sum(not trial["replaced"] for trial in failed),
        "Stopped": sum(trial["status"] == "Stopped" for trial in trials),
    }


def objective_counters(trials: list[Trial]) -> dict[str, int]:
    """ObjectiveStatusCounters."""
    states = [objective_status(trial) for trial in trials]
    return {
        "Succeeded": states.count("Succeeded"),
        "Pending": states.count("Pending"),
        "Failed": states.count("Failed"),
    }


def live_status(store: Store, trial: Trial) -> str:
    """The status of its training job at this moment."""
    job = store.find(TRAINING_JOB, trial["training_job"]) if is_running(trial) else None
    return trial["status"] if job is None else str(job["TrainingJobStatus"])


def summary(store: Store, tuning_job: Mapping[str, Any], trial: Trial) -> dict[str, Any]:
    """HyperParameterTrainingJobSummary of a trial."""
    definition = definitions.listed(tuning_job)[trial.get("definition", 0)]
    job = store.find(TRAINING_JOB, trial["training_job"]) or {}
    answer: dict[str, Any] = {
        "TrainingJobName": trial["training_job"],
        "TrainingJobArn": job.get("TrainingJobArn", trial_arn(tuning_job, trial)),
        "CreationTime": job.get("CreationTime", tuning_job["CreationTime"]),
        "TrainingJobStatus": job.get("TrainingJobStatus", trial["status"]),
        "TunedHyperParameters": trial["tuned"],
        "ObjectiveStatus": objective_status(trial),
    }
    for key in ("TrainingStartTime", "TrainingEndTime", "FailureReason"):
        if job.get(key) is not None:
            answer[key] = job[key]
    if "DefinitionName" in definition:
        answer["TrainingJobDefinitionName"] = definition["DefinitionName"]
    objective = definitions.objective(tuning_job, definition)
    if objective is not None and trial["objective"] is not None:
        answer["FinalHyperParameterTuningJobObjectiveMetric"] = {
            "Type": objective["Type"],
            "MetricName": objective["MetricName"],
            "Value": trial["objective"],
        }
    return answer


def trial_arn(tuning_job: Mapping[str, Any], trial: Trial) -> str:
    """The ARN of a trial's training job, which lies beside its tuning job's."""
    base: str = tuning_job["HyperParameterTuningJobArn"].split(":hyper-parameter-tuning-job/")[0]
    return f"{base}:training-job/{trial['training_job']}"
