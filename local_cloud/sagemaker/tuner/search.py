"""The search of one tuning job: asks the optimiser, runs training jobs, tells it the results.

All progress is in the tuning job's document, so that a search goes on after a restart of the
local cloud from the trials that are recorded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from local_cloud.sagemaker.errors import ApiError
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document
from local_cloud.sagemaker.tuner import (
    completion,
    early_stopping,
    naming,
    ranges,
    strategy,
    trials,
)
from local_cloud.sagemaker.tuner.training_request import training_request
from local_cloud.sagemaker.tuner.trials import TRAINING_JOB, Trial

KIND = "hyper-parameter-tuning-job"
POLL_SECONDS = 0.2
REASON_CHARACTERS = 1024
"""Length of a FailureReason."""
_OWN_FAULT = ("AlgorithmError", "ClientError")

StartTrainingJob = Callable[[SageMakerService, Mapping[str, Any], str], None]
"""``start(service, CreateTrainingJob request, tuning job ARN)``; raises ApiError."""
StatusChanged = Callable[[SageMakerService, Document], None]


class Search:
    """Runs one tuning job to its end; :meth:`run` returns when it ended or the cloud stops."""

    def __init__(
        self,
        service: SageMakerService,
        name: str,
        *,
        start: StartTrainingJob,
        status_changed: StatusChanged,
    ) -> None:
        self._service = service
        self._name = name
        self._start = start
        self._status_changed = status_changed
        document = service.store.get(KIND, name)
        self._config = document["HyperParameterTuningJobConfig"]
        self._objective = self._config["HyperParameterTuningJobObjective"]
        self._ranges, _ = ranges.parse(self._config["ParameterRanges"])
        limits = self._config["ResourceLimits"]
        self._most: int = limits.get("MaxNumberOfTrainingJobs") or strategy.grid_size(self._ranges)
        self._parallel: int = limits["MaxParallelTrainingJobs"]
        self._optimiser = strategy.create(
            self._config["Strategy"],
            self._ranges,
            direction=self._objective["Type"],
            seed=self._config.get("RandomSeed"),
            max_jobs=self._most,
            trials_before=len(document["_trials"]),
        )
        self._again: list[dict[str, str]] = []
        self._before_restart: set[int] = set()
        self._refusal: str | None = None
        self._take_up(document["_trials"])

    def run(self) -> None:
        while not self._service.tasks.stopping:
            document = self._collect()
            recorded: list[Trial] = document["_trials"]
            running = [trial for trial in recorded if trials.is_running(trial)]
            if self._is_over(document):
                self._stop_training_jobs(running)
            else:
                self._stop_training_jobs(self._behind(recorded))
                try:
                    running += self._launch(recorded, len(running))
                except ApiError as error:
                    self._refusal = f"{error.code}: {error.message}"
                    continue
            if not running:
                self._conclude()
                return
            time.sleep(POLL_SECONDS)

    def _take_up(self, recorded: list[Trial]) -> None:
        """What was known before a restart: results are told again, missing jobs are created."""
        for trial in recorded:
            self._optimiser.remember(trial["number"], trial["tuned"])
            if trials.is_running(trial):
                self._before_restart.add(trial["number"])
                if self._service.store.find(TRAINING_JOB, trial["training_job"]) is None:
                    self._create(trial)
            else:
                self._optimiser.tell(trial["number"], trial["objective"])

    def _collect(self) -> Document:
        """Note the results of training jobs that ended since."""
        document = self._service.store.get(KIND, self._name)
        for trial in document["_trials"]:
            if not trials.is_running(trial):
                continue
            job = self._service.store.find(TRAINING_JOB, trial["training_job"])
            status = "Failed" if job is None else job["TrainingJobStatus"]
            if status == trial["status"]:
                continue
            trial["status"] = status
            if not trials.is_running(trial):
                self._note_end(trial, job or {"TrainingJobStatus": "Failed"})
            document = self._record(trial)
        return document

    def _note_end(self, trial: Trial, job: Document) -> None:
        trial["objective"] = trials.final_objective(job, self._objective["MetricName"])
        lost = trial["number"] in self._before_restart and trial["status"] == "Failed"
        if lost and not str(job.get("FailureReason", "")).startswith(_OWN_FAULT):
            trial["replaced"] = True
            self._again.append(trial["tuned"])
        self._optimiser.tell(trial["number"], trial["objective"])

    def _is_over(self, document: Document) -> bool:
        """No further trial is wanted, although running ones may remain."""
        return (
            self._refusal is not None
            or document["HyperParameterTuningJobStatus"] == "Stopping"
            or completion.reached(document, now=time.time())
        )

    def _behind(self, recorded: list[Trial]) -> list[Trial]:
        """The running trials that early stopping ends."""
        if self._config.get("TrainingJobEarlyStoppingType", "Off") != "Auto":
            return []
        values = {trial["number"]: self._intermediate_values(trial) for trial in recorded}
        ended = [trial["number"] for trial in recorded if trials.has_run(trial)]
        return [
            trial
            for trial in recorded
            if trials.is_running(trial)
            and early_stopping.is_behind(
                values[trial["number"]],
                [values[number] for number in ended],
                direction=self._objective["Type"],
            )
        ]

    def _intermediate_values(self, trial: Trial) -> list[float]:
        job = self._service.store.find(TRAINING_JOB, trial["training_job"]) or {}
        return early_stopping.intermediate_values(job, self._objective["MetricName"])

    def _launch(self, recorded: list[Trial], running: int) -> list[Trial]:
        counted = sum(not trial["replaced"] for trial in recorded)
        started: list[Trial] = []
        if completion.hopeless(recorded):
            return started
        while running + len(started) < self._parallel and counted + len(started) < self._most:
            number = len(recorded) + len(started) + 1
            if self._again:
                tuned = self._again.pop(0)
                self._optimiser.remember(number, tuned)
            else:
                try:
                    tuned = self._optimiser.ask(number)
                except strategy.SpaceExhaustedError:
                    break
            started.append(self._start_trial(number, tuned))
        return started

    def _start_trial(self, number: int, tuned: dict[str, str]) -> Trial:
        document = self._service.store.get(KIND, self._name)
        name = naming.training_job_name(self._name, number, document["CreationTime"])
        trial = trials.new_trial(number, name, tuned)
        self._record(trial)
        self._create(trial)
        return trial

    def _create(self, trial: Trial) -> None:
        document = self._service.store.get(KIND, self._name)
        request = training_request(
            trial["training_job"],
            document["TrainingJobDefinition"],
            trial["tuned"],
            objective_metric=self._objective["MetricName"],
            tags=document["_tags"],
        )
        self._start(self._service, request, document["HyperParameterTuningJobArn"])

    def _record(self, trial: Trial) -> Document:
        def change(document: Document) -> None:
            recorded: list[Trial] = document["_trials"]
            if trial["number"] <= len(recorded):
                recorded[trial["number"] - 1] = trial
            else:
                recorded.append(trial)
            document["LastModifiedTime"] = time.time()

        return self._service.store.mutate(KIND, self._name, change)

    def _stop_training_jobs(self, running: list[Trial]) -> None:
        for trial in running:
            job = self._service.store.find(TRAINING_JOB, trial["training_job"])
            if job is None or job["TrainingJobStatus"] != "InProgress":
                continue
            try:
                self._service.call("StopTrainingJob", {"TrainingJobName": trial["training_job"]})
            except ApiError as error:
                # Between the look and the call the job may have ended by itself.
                after = self._service.store.get(TRAINING_JOB, trial["training_job"])
                if after["TrainingJobStatus"] == "InProgress":
                    raise RuntimeError(f"cannot stop {trial['training_job']}") from error

    def _conclude(self) -> None:
        document = self._service.store.get(KIND, self._name)
        recorded: list[Trial] = document["_trials"]
        if document["HyperParameterTuningJobStatus"] == "Stopping":
            self._end("Stopped")
        elif self._refusal is not None:
            self._end("Failed", self._refusal)
        elif trials.best(recorded, self._objective["Type"]) is None:
            self._end("Failed", completion.failure_reason(recorded))
        else:
            self._end("Completed")

    def _end(self, status: str, reason: str | None = None) -> None:
        now = time.time()
        changes: dict[str, Any] = {
            "HyperParameterTuningJobStatus": status,
            "HyperParameterTuningEndTime": now,
            "LastModifiedTime": now,
        }
        if reason is not None:
            changes["FailureReason"] = reason[:REASON_CHARACTERS]
        self._status_changed(self._service, self._service.store.update(KIND, self._name, **changes))
