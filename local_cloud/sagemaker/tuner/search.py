"""The search of one tuning job: asks the optimiser, runs training jobs, tells it the results.

All progress is in the tuning job's document, so that a search goes on after a restart of the
local cloud from the trials that are recorded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker import tags
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document
from local_cloud.sagemaker.tuner import (
    completion,
    definitions,
    emissions,
    naming,
    proposals,
    slots,
    stopping,
    strategy,
    training_job_stops,
    trials,
)
from local_cloud.sagemaker.tuner.checks import KIND
from local_cloud.sagemaker.tuner.training_request import training_request
from local_cloud.sagemaker.tuner.trials import TRAINING_JOB, Trial

__all__ = ["KIND", "Search"]

POLL_SECONDS = 0.1
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
        self._arn: str = document["HyperParameterTuningJobArn"]
        self._created: float = document["CreationTime"]
        self._config = document["HyperParameterTuningJobConfig"]
        self._definitions = definitions.read(document)
        self._direction = self._definitions[0].direction
        self._most = proposals.most_jobs(self._config, self._definitions)
        self._parallel: int = self._config["ResourceLimits"]["MaxParallelTrainingJobs"]
        self._slots = slots.of(service.store)
        self._proposals = proposals.Proposals(document, self._definitions)
        self._rule = stopping.create(self._config, self._definitions, self._proposals)
        self._again: list[Trial] = []
        self._before_restart: set[int] = set()
        self._refusal: str | None = None
        self._take_up(document["_trials"])

    def run(self) -> None:
        """Until the tuning job has ended, or the local cloud ends."""
        try:
            self._run()
        finally:
            self._slots.leave(self._name)

    def _run(self) -> None:
        while not self._service.tasks.stopping:
            document = self._collect()
            recorded: list[Trial] = document["_trials"]
            running = [trial for trial in recorded if trials.is_running(trial)]
            if self._is_over(document):
                training_job_stops.stop(self._service, running)
            else:
                due = [one for one in running if self._is_due(one)]
                training_job_stops.stop(self._service, due)
                try:
                    running += self._launch(recorded, len(running))
                except ApiError as error:
                    self._refuse(error)
                    continue
            if not running:
                self._conclude()
                return
            time.sleep(POLL_SECONDS)

    def _take_up(self, recorded: list[Trial]) -> None:
        """What was known before a restart: results are told again, missing jobs are created."""
        for trial in recorded:
            self._proposals.remember(trial)
            if trials.is_running(trial):
                self._before_restart.add(trial["number"])
                self._create_missing(trial)
            else:
                self._learn(trial)
                if trial["replaced"] and not trials.was_run_again(trial, recorded):
                    self._again.append(trial)

    def _create_missing(self, trial: Trial) -> None:
        """The local cloud may have ended between the record of a trial and its training job."""
        if self._service.store.find(TRAINING_JOB, trial["training_job"]) is None:
            try:
                self._create(trial)
            except ApiError as error:
                self._refuse(error)

    def _refuse(self, error: ApiError) -> None:
        """A training job was refused: the search is over."""
        self._refusal = f"{error.code}: {error.message}"

    def _collect(self) -> Document:
        """Note the results of training jobs that ended since."""
        document = self._service.store.get(KIND, self._name)
        ended = False
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
                ended = True
            document = self._record(trial)
        return self._note_convergence(document) if ended else document

    def _note_convergence(self, document: Document) -> Document:
        if completion.CONVERGED_AT in document or not completion.has_converged(
            document["_trials"], self._direction
        ):
            return document
        now = {completion.CONVERGED_AT: time.time()}
        return self._service.store.update(KIND, self._name, **now)

    def _note_end(self, trial: Trial, job: Document) -> None:
        trial["objective"] = trials.final_objective(job, self._definition(trial).metric)
        lost = trial["number"] in self._before_restart and trial["status"] == "Failed"
        if lost and not str(job.get("FailureReason", "")).startswith(_OWN_FAULT):
            trial["replaced"] = True
            self._again.append(trial)
        self._learn(trial)

    def _learn(self, trial: Trial) -> None:
        """What a trial that has ended says."""
        if self._rule is not None:
            self._rule.note_end(trial, self._emitted(trial))
        self._proposals.tell(trial)

    def _definition(self, trial: Trial) -> definitions.Definition:
        return self._definitions[trial.get("definition", 0)]

    def _is_over(self, document: Document) -> bool:
        """No further trial is wanted, although running ones may remain."""
        return (
            self._refusal is not None
            or document["HyperParameterTuningJobStatus"] == "Stopping"
            or completion.reached(document, now=time.time())
        )

    def _is_due(self, trial: Trial) -> bool:
        """Whether a running trial is to be stopped early."""
        return self._rule is not None and self._rule.is_due(trial, self._emitted(trial))

    def _emitted(self, trial: Trial) -> list[emissions.Emission]:
        job = self._service.store.find(TRAINING_JOB, trial["training_job"]) or {}
        return emissions.of(job, self._definition(trial).metric)

    def _launch(self, recorded: list[Trial], running: int) -> list[Trial]:
        counted = sum(not trial["replaced"] for trial in recorded)
        started: list[Trial] = []
        if completion.hopeless(recorded):
            return started
        wanted = min(self._parallel - running, self._most - counted)
        for _ in range(self._slots.claim(self._name, running=running, wanted=wanted)):
            try:
                trial = self._next(len(recorded) + len(started) + 1, turn=counted + len(started))
            except strategy.SpaceExhaustedError:
                break
            started.append(trial)
            self._record(trial)
            self._create(trial)
        return started

    def _next(self, number: int, *, turn: int) -> Trial:
        """The next trial: of hyperparameters that a restart lost, else of new ones."""
        name = naming.training_job_name(self._name, number, self._created)
        if self._again:
            lost = self._again.pop(0)
            place = lost.get("definition", 0)
            trial = trials.new_trial(number, name, lost["tuned"], definition=place)
            self._proposals.remember(trial)
            return trial
        place, tuned = self._proposals.ask(number, turn=turn)
        return trials.new_trial(number, name, tuned, definition=place)

    def _create(self, trial: Trial) -> None:
        definition = self._definition(trial)
        request = training_request(
            trial["training_job"],
            definition.request,
            trial["tuned"],
            objective_metric=definition.metric,
            # Those that the tuning job has now: AWS gives tags that are added later to the
            # training jobs that begin after that.
            tags=tags.as_list(tags.tags_of(self._service, self._arn)),
        )
        self._start(self._service, request, self._arn)

    def _record(self, trial: Trial) -> Document:
        def change(document: Document) -> None:
            recorded: list[Trial] = document["_trials"]
            if trial["number"] <= len(recorded):
                recorded[trial["number"] - 1] = trial
            else:
                recorded.append(trial)
            document["LastModifiedTime"] = time.time()

        return self._service.store.mutate(KIND, self._name, change)

    def _conclude(self) -> None:
        document = self._service.store.get(KIND, self._name)
        recorded: list[Trial] = document["_trials"]
        if document["HyperParameterTuningJobStatus"] == "Stopping":
            self._end("Stopped")
        elif self._refusal is not None:
            self._end("Failed", self._refusal)
        elif trials.best(recorded, self._direction) is None:
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
