"""Runs a transform job: start the model's container, ask it for each record, write the outputs.

The container's contract: "Use Your Own Inference Code with Batch Transform" in the SageMaker
developer guide.
"""

from __future__ import annotations

import shutil
import time
import uuid
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property

from local_cloud.sagemaker.hosting.log_shipping import LogShipper
from local_cloud.sagemaker.hosting.model_files import ModelDataError
from local_cloud.sagemaker.hosting.server import ModelServer, ServerError
from local_cloud.sagemaker.runner import places
from local_cloud.sagemaker.runner.failure import AlgorithmError
from local_cloud.sagemaker.runner.job_log import JobLog
from local_cloud.sagemaker.runner.job_run import JobRun, run_to_its_end
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.transform import data_processing, inputs, parameters, records, state
from local_cloud.sagemaker.transform.container import TransformContainer
from local_cloud.sagemaker.transform.inputs import InputObject
from local_cloud.sagemaker.transform.invocation import Invoker
from local_cloud.sagemaker.transform.parameters import Parameters
from local_cloud.sagemaker.transform.pipeline import Cut, Failure, HaltedError, Pipeline
from local_cloud.sagemaker.transform.state import KIND, STATUS

LOG_LINES = 12
LOG_GROUP = "/aws/sagemaker/TransformJobs"
HEALTH_CHECK_SECONDS = 1800
"""SageMaker waits for half an hour until /ping must answer 200."""


class _FilesFailedError(Exception):
    def __init__(self, failures: Sequence[Failure], count: int) -> None:
        first = failures[0]
        more = "" if count == 1 else f" ({len(failures)} of {count} input objects failed)"
        super().__init__(
            f"{first.kind}: See job logs for more information{more}: "
            f"{first.source.label}: {first.reason}"
        )


def start(service: SageMakerService, name: str) -> None:
    """Run the job of this name in the background."""
    service.tasks.start(f"transform job {name}", lambda: _run(service, name))


def _run(service: SageMakerService, name: str) -> None:
    def fail(reason: str) -> None:
        state.end(service, name, "Failed", reason=reason)

    def work() -> None:
        try:
            _TransformRun(service, name).run()
        except HaltedError:
            # A stopping local cloud leaves the state as it is, for its next start to judge.
            if not service.tasks.stopping:
                state.end(service, name, "Stopped")
        except _FilesFailedError as error:
            fail(str(error))
        except ModelDataError as error:
            fail(f"ClientError: {error}")
        else:
            state.end(service, name, "Completed")

    run_to_its_end(service, work, fail)


class _TransformRun(JobRun):
    kind = KIND
    status = STATUS
    action = "CreateTransformJob"

    @property
    def role_arn(self) -> str:
        return str(self.request["_model"]["role"])

    @cached_property
    def stream(self) -> str:
        return f"{self.name}/i-{uuid.uuid4().hex[:17]}-{int(time.time())}"

    def run(self) -> None:
        self.workspace.create()
        self.workspace.log.touch()
        try:
            source = self.request["TransformInput"]["DataSource"]["S3DataSource"]
            found = inputs.find(self.s3, source)
            with self._data_log() as data_log:
                self._run_container(found, data_log)
        finally:
            # The log stays.
            for folder in (self.workspace.ml, self.workspace.scratch):
                shutil.rmtree(folder, ignore_errors=True)

    def _run_container(self, found: Sequence[InputObject], data_log: JobLog) -> None:
        container = self._container()
        try:
            server = container.start(self.s3)
            if not server.await_healthy(HEALTH_CHECK_SECONDS, cancelled=self._halted):
                raise HaltedError
            chosen = parameters.resolve(self.request, parameters.offered_by(server))
            _tell(data_log, str(chosen))
            if self.ignored:
                _tell(data_log, self.ignored)
            self.service.store.update(KIND, self.name, TransformStartTime=time.time())
            failures = self._pipeline(server, chosen, data_log).run(found)
        except (ServerError, AlgorithmError) as error:
            raise AlgorithmError(f"{error}. {self._last_lines()}") from error
        finally:
            container.stop()
        if failures:
            raise _FilesFailedError(failures, len(found))

    def _container(self) -> TransformContainer:
        model = self.request["_model"]
        region = self.service.settings.region
        environment = {
            "SAGEMAKER_REGION": region,
            "AWS_REGION": region,
            **parameters.environment(self.request),
            **model["container"]["environment"],
            **self.request.get("Environment", {}),
        }
        if not model["isolated"]:
            environment |= self.service.credentials.environment(
                model["role"], session_name=self.name
            )
        shipper = LogShipper(
            self.workspace.log, LOG_GROUP, self.stream, lambda: self.session.client("logs")
        )
        return TransformContainer(
            self.service,
            self.workspace,
            model["container"],
            environment,
            shipper,
            lambda: self.session,
        )

    def _pipeline(self, server: ModelServer, chosen: Parameters, data_log: JobLog) -> Pipeline:
        source, target = self.request["TransformInput"], self.request["TransformOutput"]
        headers = {"Content-Type": source.get("ContentType"), "Accept": target.get("Accept")}
        invoker = Invoker(
            server=server,
            headers={name: value for name, value in headers.items() if value},
            timeout_seconds=chosen.timeout_seconds,
            retries=chosen.retries,
            cancelled=self._halted,
        )
        processing = data_processing.of_request(self.request)
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
            s3=self.s3,
            target=places.parse(target["S3OutputPath"]),
            kms_key=target.get("KmsKeyId"),
            scratch=self.workspace.scratch,
            cut=cut,
            processing=processing,
            concurrency=chosen.concurrency,
            ask=invoker.ask,
            halted=self._halted,
            log=lambda about, lines: _tell_of(data_log, about, lines),
        )

    def _data_log(self) -> JobLog:
        return JobLog(
            self.workspace.root / "data.log",
            self.session.client("logs"),
            group=LOG_GROUP,
            stream=f"{self.stream}/data-log",
        )

    def _last_lines(self) -> str:
        """The end of the container's log, for a FailureReason."""
        with self.workspace.log.open(errors="replace") as log:
            end = "".join(deque(log, LOG_LINES))[-600:]
        return f"See job logs for more information, which end with:\n{end}"

    def _halted(self) -> bool:
        return self.service.tasks.stopping or self.stop_wanted()


def _tell_of(data_log: JobLog, about: InputObject, lines: Sequence[str]) -> None:
    for line in lines:
        _tell(data_log, f"{about.label}: {line}")


def _tell(data_log: JobLog, text: str) -> None:
    """In the form of SageMaker's own lines."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    data_log.write(f"{now}:[sagemaker logs]: {text}")
