"""Runs one execution: starts what may start, waits, and says how it ended.

Steps run side by side where the graph allows it, at most
``ParallelismConfiguration.MaxParallelExecutionSteps`` at once. Once a step has failed no
further step is started; those that are running come to their end, and the execution
ends as Failed. A stop asks the running jobs to stop and ends the execution as Stopped.

All state is in the store, so an execution that the local cloud's shutdown interrupted
goes on where it was: finished steps are kept, a step under way is taken up again.
"""

from __future__ import annotations

import threading
import time

from local_cloud.sagemaker.pipeline import context as contexts
from local_cloud.sagemaker.pipeline import definition as definitions
from local_cloud.sagemaker.pipeline import graph, selection, state
from local_cloud.sagemaker.pipeline.attempt import run_step
from local_cloud.sagemaker.pipeline.context import StepContext
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document

FAILURE_REASON = "Step failure: One or multiple steps failed."
DEFAULT_PARALLELISM = 50
"""AWS's default for MaxParallelExecutionSteps."""


def start(service: SageMakerService, execution_arn: str) -> None:
    """Run the execution (or go on with it) in the background."""
    run = ExecutionRun(service, execution_arn)
    service.tasks.start(f"pipeline execution {execution_arn}", run.run)


class ExecutionRun:
    """One execution on a thread of its own, with one more thread for each running step."""

    def __init__(self, service: SageMakerService, execution_arn: str) -> None:
        self._service = service
        self._arn = execution_arn
        self._definition = definitions.parse(
            service.store.get(state.KIND, execution_arn)["_definition"]
        )
        self._stop_requested = threading.Event()
        self._step_ended = threading.Event()
        self._threads: set[str] = set()

    def run(self) -> None:
        """Returns when the execution has ended, or when the local cloud stops."""
        try:
            self._run()
        except Exception as error:
            if self._service.tasks.stopping:
                raise
            # Without this thread nothing would ever end the execution.
            reason = f"InternalServerError: {type(error).__name__}: {error}"
            state.set_execution_status(self._service, self._arn, "Failed", reason=reason)
            raise

    def _run(self) -> None:
        while not self._service.tasks.stopping:
            self._step_ended.clear()
            document = self._service.store.get(state.KIND, self._arn)
            if document["PipelineExecutionStatus"] == "Stopping":
                self._stop_requested.set()
            if not self._advance(document):
                self._finish(document)
                return
            self._step_ended.wait(contexts.POLL_SECONDS)

    def _advance(self, document: Document) -> bool:
        """Start what may start; False if nothing runs and nothing more will."""
        progress = state.progress(document)
        active = [name for name, step in progress.items() if step.status in state.ACTIVE_STEP]
        for name in active:
            if name not in self._threads:
                self._launch(name, resumed=True)
        halted = self._stop_requested.is_set() or any(
            step.status in ("Failed", "Stopped") for step in progress.values()
        )
        limit = document.get("ParallelismConfiguration", {}).get(
            "MaxParallelExecutionSteps", DEFAULT_PARALLELISM
        )
        room = max(0, limit - len(active))
        chosen = selection.selected(document.get("SelectiveExecutionConfig"))
        begin = [] if halted else graph.ready(self._definition, progress, chosen)[:room]
        for name in begin:
            self._begin(name)
        return bool(active or begin)

    def _begin(self, name: str) -> None:
        step = self._definition.step(name)
        state.set_step_status(
            self._service,
            self._arn,
            name,
            "Starting",
            Type=step.type,
            StartTime=time.time(),
            AttemptCount=1,
        )
        self._launch(name, resumed=False)

    def _launch(self, name: str, *, resumed: bool) -> None:
        self._threads.add(name)
        context = StepContext(
            service=self._service,
            execution_arn=self._arn,
            definition=self._definition,
            step=self._definition.step(name),
            stop_requested=self._stop_requested,
            resumed=resumed,
        )

        def work() -> None:
            try:
                run_step(context)
            finally:
                self._step_ended.set()

        self._service.tasks.start(f"pipeline step {self._arn} {name}", work)

    def _finish(self, document: Document) -> None:
        statuses = {step.status for step in state.progress(document).values()}
        if "Failed" in statuses:
            state.set_execution_status(self._service, self._arn, "Failed", reason=FAILURE_REASON)
        elif self._stop_requested.is_set() or "Stopped" in statuses:
            state.set_execution_status(self._service, self._arn, "Stopped")
        else:
            state.set_execution_status(self._service, self._arn, "Succeeded")
