"""What a step is handed when it runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.sagemaker.pipeline import names, state
from local_cloud.sagemaker.pipeline.definition import Definition, Step
from local_cloud.sagemaker.pipeline.errors import (
    InterruptedByShutdownError,
    StepFailedError,
    of_client_error,
)
from local_cloud.sagemaker.pipeline.expressions import Scope
from local_cloud.sagemaker.pipeline.parameters import values_for
from local_cloud.sagemaker.pipeline.references import JOB_NAMES
from local_cloud.sagemaker.pipeline.shapes import NAMES
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document

POLL_SECONDS = 0.3


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """What a step that came to its end leaves behind."""

    properties: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    outcome: bool | None = None
    stopped: bool = False


@dataclass(kw_only=True)
class StepContext:
    """One step of one execution; clients are the execution role's own."""

    service: SageMakerService
    execution_arn: str
    definition: Definition
    step: Step
    stop_requested: threading.Event
    resumed: bool = False
    """The step had begun before the local cloud was restarted."""

    @cached_property
    def started_with(self) -> Document:
        """The execution's document as it was when this step began."""
        return self.service.store.get(state.KIND, self.execution_arn)

    @property
    def execution_id(self) -> str:
        return self.execution_arn.rsplit("/", 1)[-1]

    @cached_property
    def session(self) -> Any:
        return self.service.credentials.as_role(
            self.started_with["_role_arn"], session_name=f"SageMaker-{self.execution_id}"
        )

    def client(self, name: str, **options: Any) -> Any:
        return self.session.client(name, **options)

    def _new_job_name(self) -> str:
        """A name for the step's job; one that the request gives becomes its prefix."""
        prefix = self.step.arguments.get(NAMES[self.step.type])
        if prefix is not None:
            text = str(self.evaluate(prefix))
            return names.resource_name(self.execution_id, self.step.name, prefix=text)
        if self.step.type == "Tuning":
            return names.tuning_job_name(self.execution_id, self.step.name)
        return names.resource_name(self.execution_id, self.step.name)

    @cached_property
    def arguments(self) -> dict[str, Any]:
        """The step's arguments with every variable resolved; StepFailedError if one cannot be."""
        evaluated: dict[str, Any] = self.evaluate(self.step.arguments)
        return evaluated

    def evaluate(self, value: Any) -> Any:
        return self._scope.evaluate(value)

    @property
    def record(self) -> dict[str, Any]:
        """The step's record as it is in the store now."""
        document = self.service.store.get(state.KIND, self.execution_arn)
        found: dict[str, Any] = document["_steps"].get(self.step.name, {})
        return found

    def save(self, **changes: Any) -> None:
        """Set keys of the step's record; None removes one."""
        state.save_step(self.service, self.execution_arn, self.step.name, **changes)

    def executing(self, metadata: Mapping[str, Any]) -> None:
        """Say that the step's work has begun, and what can be looked at."""
        state.set_step_status(
            self.service,
            self.execution_arn,
            self.step.name,
            "Executing",
            Metadata=dict(metadata),
        )

    def stopping(self) -> None:
        """Say that the step has been asked to stop."""
        state.set_step_status(self.service, self.execution_arn, self.step.name, "Stopping")

    def pause(self, seconds: float | None = None) -> None:
        """Wait (one poll if no time is given), in vain if the local cloud stops.

        Raises InterruptedByShutdownError.
        """
        deadline = time.monotonic() + (POLL_SECONDS if seconds is None else seconds)
        while True:
            if self.service.tasks.stopping:
                raise InterruptedByShutdownError(self.step.name)
            remaining = deadline - time.monotonic()
            if remaining <= 0 or (seconds is not None and self.stop_requested.is_set()):
                return
            time.sleep(min(remaining, POLL_SECONDS))

    @cached_property
    def _scope(self) -> Scope:
        return Scope(
            parameters=values_for(self.definition.parameters, self.started_with["_parameters"]),
            execution=self._execution_variable,
            properties=self._properties_of,
            property_file_uri=self._property_file_uri,
            read_text=self._read_text,
        )

    def job_name(self) -> str:
        """The name of what the step creates, drawn once an attempt."""
        name = self.record.get("JobName")
        if name is None:
            name = self._new_job_name()
            self.save(JobName=name)
        return str(name)

    def begin_again(self, **changes: Any) -> None:
        """Forget what the last attempt resolved and named; ``changes`` go into the record."""
        self.__dict__.pop("arguments", None)
        self.save(JobName=None, **changes)

    def _execution_variable(self, name: str) -> str:
        if name in JOB_NAMES:
            return self.job_name()
        values = {
            "PipelineName": self.started_with["_pipeline_name"],
            "PipelineArn": self.started_with["PipelineArn"],
            "PipelineExecutionId": self.execution_id,
            "PipelineExecutionArn": self.execution_arn,
            "StartDateTime": state.iso(self.started_with["CreationTime"]),
            "CurrentDateTime": state.iso(datetime.now(tz=UTC).timestamp()),
        }
        return str(values[name])

    def _properties_of(self, step: str) -> Mapping[str, Any]:
        record = self.started_with["_steps"].get(step, {})
        if record.get("Status") != "Succeeded":
            raise StepFailedError(f"ClientError: step '{step}' has no properties: it did not run")
        properties: Mapping[str, Any] = record.get("Properties", {})
        return properties

    def _property_file_uri(self, step: str, file: str) -> str:
        declared = self.definition.step(step).property_files[file]
        outputs = self._properties_of(step)["ProcessingOutputConfig"]["Outputs"]
        for output in outputs:
            if output["OutputName"] == declared.output_name:
                return f"{output['S3Output']['S3Uri'].rstrip('/')}/{declared.path}"
        raise StepFailedError(
            f"ClientError: step '{step}' has no output '{declared.output_name}' for property "
            f"file '{file}'"
        )

    def _read_text(self, uri: str) -> str:
        parts = urlsplit(uri)
        try:
            answer = self.client("s3").get_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))
            return str(answer["Body"].read().decode("utf-8"))
        except ClientError as error:
            cause = of_client_error(error)
            raise StepFailedError(
                f"{cause.reason} (reading {uri})", exception_type=cause.exception_type
            ) from error
        except (BotoCoreError, UnicodeDecodeError) as error:
            raise StepFailedError(f"ClientError: cannot read {uri}: {error}") from error


def jsonable(value: Any) -> Any:
    """A boto3 answer as plain JSON: timestamps as epoch seconds, no ResponseMetadata."""
    if isinstance(value, Mapping):
        return {key: jsonable(item) for key, item in value.items() if key != "ResponseMetadata"}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, datetime):
        return value.timestamp()
    return value
