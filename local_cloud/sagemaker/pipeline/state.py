"""The state of an execution in the store, and the events that its changes put on the bus.

An execution's document is what DescribePipelineExecution answers, plus:

``_definition``     the definition's text, as it was at the start
``_parameters``     the parameters as given at the start
``_role_arn``       the role that the steps run under
``_pipeline_name``  the pipeline's name
``_tokens``         the client request tokens of the start and of the retries
``_steps``          step name -> record, in the order in which the steps began

A step's record holds Type, Status, StartTime, EndTime, AttemptCount, Metadata,
FailureReason, CacheHitResult as ListPipelineExecutionSteps has them, and, for the
interpreter, Properties, Outcome (a condition's answer), JobName and CacheKey; of a Callback
step CallbackToken, CallbackSent, CallbackToldToStop and CallbackAnswer.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local_cloud.sagemaker.pipeline.graph import Progress
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document

KIND = "pipeline-execution"
ACTIVE_STEP = ("Starting", "Executing", "Stopping")
RUNNING_EXECUTION = ("Executing", "Stopping")
EXECUTION_EVENT = "SageMaker Model Building Pipeline Execution Status Change"
STEP_EVENT = "SageMaker Model Building Pipeline Execution Step Status Change"

_REASON_LIMITS = {"step": 1024, "execution": 1300}


def progress(document: Document) -> dict[str, Progress]:
    """How far the steps that have begun have come."""
    return {
        name: Progress(status=record["Status"], outcome=record.get("Outcome"))
        for name, record in document["_steps"].items()
    }


def set_execution_status(
    service: SageMakerService,
    arn: str,
    status: str,
    *,
    reason: str | None = None,
    only_from: tuple[str, ...] = (),
) -> Document:
    """Write the new status and put its event on the bus; answers the document.

    Nothing happens where the status is none of ``only_from`` (empty: any will do).
    """
    previous: list[str | None] = []

    def change(document: Document) -> None:
        if only_from and document["PipelineExecutionStatus"] not in only_from:
            return
        previous.append(document["PipelineExecutionStatus"])
        document["PipelineExecutionStatus"] = status
        document["LastModifiedTime"] = time.time()
        document.pop("FailureReason", None)
        if reason is not None:
            document["FailureReason"] = reason[: _REASON_LIMITS["execution"]]

    document = service.store.mutate(KIND, arn, change)
    if previous:
        publish_execution(service, document, previous=previous[0])
    return document


def publish_execution(
    service: SageMakerService, document: Document, *, previous: str | None
) -> None:
    status = document["PipelineExecutionStatus"]
    detail = {
        "pipelineExecutionDisplayName": document["PipelineExecutionDisplayName"],
        "currentPipelineExecutionStatus": status,
        "previousPipelineExecutionStatus": previous,
        "executionStartTime": iso(document["CreationTime"]),
        "executionEndTime": (
            None if status in RUNNING_EXECUTION else iso(document["LastModifiedTime"])
        ),
        "pipelineExecutionDescription": document.get("PipelineExecutionDescription"),
        "failureReason": document.get("FailureReason"),
        "pipelineArn": document["PipelineArn"],
        "pipelineExecutionArn": document["PipelineExecutionArn"],
    }
    _publish(service, document, EXECUTION_EVENT, detail)


def save_step(service: SageMakerService, arn: str, name: str, **changes: Any) -> Document:
    """Set keys of a step's record, silently; a key set to None is removed."""

    def change(document: Document) -> None:
        record = document["_steps"].setdefault(name, {})
        record.update(changes)
        for key in [key for key, value in record.items() if value is None]:
            del record[key]

    return service.store.mutate(KIND, arn, change)


def set_step_status(
    service: SageMakerService, arn: str, name: str, status: str, **changes: Any
) -> None:
    """Write a step's new status (and other keys) and put its event on the bus."""
    known = service.store.get(KIND, arn)["_steps"].get(name, {})
    previous = known.get("Status")
    if previous == status:
        save_step(service, arn, name, **changes)
        return
    if changes.get("FailureReason") is not None:
        changes["FailureReason"] = changes["FailureReason"][: _REASON_LIMITS["step"]]
    document = save_step(service, arn, name, Status=status, **changes)
    record = document["_steps"][name]
    detail = {
        "metadata": _camel(record.get("Metadata", {})),
        "stepStartTime": iso(record["StartTime"]),
        "stepEndTime": iso(record["EndTime"]) if "EndTime" in record else None,
        "stepName": name,
        "stepType": record["Type"],
        "previousStepStatus": previous,
        "currentStepStatus": status,
        "failureReason": record.get("FailureReason"),
        "cacheHitResult": _camel(record.get("CacheHitResult")),
        "pipelineArn": document["PipelineArn"],
        "pipelineExecutionArn": arn,
    }
    _publish(service, document, STEP_EVENT, detail)


def _publish(
    service: SageMakerService, document: Document, detail_type: str, detail: Mapping[str, Any]
) -> None:
    service.events.publish(
        detail_type,
        resources=[document["PipelineArn"], document["PipelineExecutionArn"]],
        detail={key: value for key, value in detail.items() if value is not None},
    )


def _camel(value: Any) -> Any:
    """AWS's events write the API's member names with a small first letter."""
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:]: _camel(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_camel(item) for item in value]
    return value


def iso(seconds: float) -> str:
    """Epoch seconds as ``2021-03-15T16:03:13Z``."""
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
