"""One instance of a transform job: its containers, its share of the objects, its logs.

The container's contract: "Use Your Own Inference Code with Batch Transform" in the SageMaker
developer guide.
"""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from local_cloud.sagemaker.hosting.log_shipping import LogShipper
from local_cloud.sagemaker.hosting.plan import Container
from local_cloud.sagemaker.hosting.processes import Processes
from local_cloud.sagemaker.hosting.server import ServerError
from local_cloud.sagemaker.runner import places
from local_cloud.sagemaker.runner.failure import AlgorithmError
from local_cloud.sagemaker.runner.job_log import JobLog
from local_cloud.sagemaker.runner.job_run import JobRun
from local_cloud.sagemaker.runner.sources import SourceObject
from local_cloud.sagemaker.runner.workspace import Workspace
from local_cloud.sagemaker.store import Document
from local_cloud.sagemaker.transform import data_processing, parameters, records
from local_cloud.sagemaker.transform.container import TransformContainer
from local_cloud.sagemaker.transform.containers import TransformContainers
from local_cloud.sagemaker.transform.invocation import Invoker
from local_cloud.sagemaker.transform.parameters import Parameters
from local_cloud.sagemaker.transform.pipeline import Cut, Failure, HaltedError, Pipeline
from local_cloud.sagemaker.transform.state import KIND

LOG_GROUP = "/aws/sagemaker/TransformJobs"
HEALTH_CHECK_SECONDS = 1800
"""SageMaker waits for half an hour until /ping must answer 200."""


@dataclass(frozen=True)
class TransformInstance:
    """``logs`` is a client of CloudWatch Logs; ``halted()`` says whether the instance is to end:
    the job was stopped, another instance failed, or the local cloud stops."""

    run: JobRun
    workspace: Workspace
    logs: Any
    halted: Callable[[], bool]

    @cached_property
    def stream(self) -> str:
        return f"{self.run.name}/i-{uuid.uuid4().hex[:17]}-{int(time.time())}"

    def transform(self, share: Sequence[SourceObject]) -> list[Failure]:
        """Answers what failed. Raises HaltedError, AlgorithmError, DataError, ModelDataError or
        ApiError."""
        self.workspace.create()
        try:
            with self._data_log() as data_log:
                return self._run_containers(share, data_log)
        finally:
            # The logs stay.
            for place in self._workspaces():
                for folder in (place.ml, place.scratch):
                    shutil.rmtree(folder, ignore_errors=True)

    def _run_containers(self, share: Sequence[SourceObject], data_log: JobLog) -> list[Failure]:
        with ExitStack() as over:
            containers = TransformContainers(self._containers(over))
            over.callback(containers.stop)
            try:
                return self._ask(containers, share, data_log)
            except (ServerError, AlgorithmError) as error:
                raise AlgorithmError(
                    f"{error}. See job logs for more information, which end with:\n"
                    f"{containers.last_lines()}"
                ) from error

    def _ask(
        self, containers: TransformContainers, share: Sequence[SourceObject], data_log: JobLog
    ) -> list[Failure]:
        run = self.run
        processes = containers.start(run.s3)
        if not processes.await_healthy(HEALTH_CHECK_SECONDS, cancelled=self.halted):
            raise HaltedError
        chosen = parameters.resolve(run.request, containers.offered())
        _tell(data_log, str(chosen))
        if run.ignored:
            _tell(data_log, run.ignored)
        run.service.store.mutate(KIND, run.name, _set_start)
        return self._pipeline(processes, chosen, data_log).run(share)

    def _containers(self, over: ExitStack) -> list[TransformContainer]:
        """As the model has them; several have a folder and a log stream each. What they are
        granted ends with ``over``."""
        definitions: dict[str, Container] = self.run.request["_model"]["containers"]
        several = len(definitions) > 1
        made = []
        for name, definition in definitions.items():
            place = Workspace(self.workspace.root / name) if several else self.workspace
            stream = f"{self.stream}/{name}" if several else self.stream
            environment = self._environment(definition)
            over.callback(self.run.service.credentials.revoke, environment)
            container = TransformContainer(
                service=self.run.service,
                name=name,
                workspace=place,
                container=definition,
                environment=environment,
                shipper=LogShipper(place.log, LOG_GROUP, stream, lambda: self.logs),
                session=lambda: self.run.session,
            )
            made.append(container)
        return made

    def _environment(self, definition: Container) -> dict[str, str]:
        run = self.run
        region = run.service.settings.region
        environment = {
            "SAGEMAKER_REGION": region,
            "AWS_REGION": region,
            **parameters.environment(run.request),
            **definition["environment"],
            **run.request.get("Environment", {}),
        }
        model = run.request["_model"]
        if not model["isolated"]:
            environment |= run.service.credentials.environment(model["role"], session_name=run.name)
        return environment

    def _workspaces(self) -> list[Workspace]:
        """The instance's own, and those of its containers."""
        names = self.run.request["_model"]["containers"]
        return [self.workspace, *(Workspace(self.workspace.root / name) for name in names)]

    def _pipeline(self, processes: Processes, chosen: Parameters, data_log: JobLog) -> Pipeline:
        source, target = self.run.request["TransformInput"], self.run.request["TransformOutput"]
        headers = {"Content-Type": source.get("ContentType"), "Accept": target.get("Accept")}
        invoker = Invoker(
            processes=processes,
            headers={name: value for name, value in headers.items() if value},
            timeout_seconds=chosen.timeout_seconds,
            retries=chosen.retries,
            cancelled=self.halted,
        )
        processing = data_processing.of_request(self.run.request)
        by_line = source["SplitType"] == "Line"
        cut = Cut(
            gzipped=source["CompressionType"] == "Gzip",
            by_line=by_line,
            single=chosen.strategy == "SingleRecord",
            most_bytes=chosen.payload_megabytes * records.MEBIBYTE,
            # Rows and objects that were filtered or joined are lines, whatever AssembleWith says.
            newline=target["AssembleWith"] == "Line" or (by_line and processing is not None),
        )
        return Pipeline(
            s3=self.run.s3,
            target=places.parse(target["S3OutputPath"]),
            kms_key=target.get("KmsKeyId"),
            scratch=self.workspace.scratch,
            cut=cut,
            processing=processing,
            concurrency=chosen.concurrency,
            ask=invoker.ask,
            halted=self.halted,
            log=lambda about, lines: _tell_of(data_log, about, lines),
        )

    def _data_log(self) -> JobLog:
        return JobLog(
            self.workspace.root / "data.log",
            self.logs,
            group=LOG_GROUP,
            stream=f"{self.stream}/data-log",
        )


def _set_start(document: Document) -> None:
    """The first instance that is ready says when the transform began."""
    document.setdefault("TransformStartTime", time.time())


def _tell_of(data_log: JobLog, about: SourceObject, lines: Sequence[str]) -> None:
    for line in lines:
        _tell(data_log, f"{about.label}: {line}")


def _tell(data_log: JobLog, text: str) -> None:
    """In the form of SageMaker's own lines."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    data_log.write(f"{now}:[sagemaker logs]: {text}")
