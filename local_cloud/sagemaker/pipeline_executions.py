"""Executions of pipelines: stop, retry, describe, list; :mod:`.pipeline_start` starts them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker import pipelines
from local_cloud.sagemaker.errors import ConflictException, ResourceNotFound
from local_cloud.sagemaker.listing import page, select
from local_cloud.sagemaker.pipeline import definition as definitions
from local_cloud.sagemaker.pipeline import executor, state
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, public

KIND = state.KIND
OWN_MEMBERS = (
    "PipelineExecutionDisplayName",
    "PipelineExecutionDescription",
    "ParallelismConfiguration",
)
_STEP_MEMBERS = (
    "StartTime",
    "EndTime",
    "CacheHitResult",
    "FailureReason",
    "Metadata",
    "AttemptCount",
    "SelectiveExecutionResult",
)


def _execution(service: SageMakerService, request: Request) -> Document:
    arn = request.get("PipelineExecutionArn")
    if arn is None:
        raise ValidationException("PipelineExecutionArn must be given.")
    document = service.store.find(KIND, arn)
    if document is None:
        raise ResourceNotFound(f"Pipeline execution '{arn}' does not exist.")
    return document


def stop_pipeline_execution(service: SageMakerService, request: Request) -> Response:
    arn = _execution(service, request)["PipelineExecutionArn"]
    document = state.set_execution_status(service, arn, "Stopping", only_from=("Executing",))
    status = document["PipelineExecutionStatus"]
    if status not in state.RUNNING_EXECUTION:
        raise ConflictException(
            f"Pipeline execution '{arn}' is {status}. Only pipeline executions with "
            "'Executing' status can be stopped."
        )
    return {"PipelineExecutionArn": arn}


def retry_pipeline_execution(service: SageMakerService, request: Request) -> Response:
    """Run a failed or stopped execution again from the steps that did not succeed."""
    arn = _execution(service, request)["PipelineExecutionArn"]
    token = request.get("ClientRequestToken")
    previous: str | None = None

    def change(document: Document) -> None:
        nonlocal previous
        if token is not None and token in document["_tokens"]:
            return
        status = document["PipelineExecutionStatus"]
        if status not in ("Failed", "Stopped"):
            raise ConflictException(
                f"Pipeline execution '{arn}' is {status}. Only executions that Failed or were "
                "Stopped can be retried."
            )
        document["_tokens"].append(token)
        document["_steps"] = {
            name: record
            for name, record in document["_steps"].items()
            if record["Status"] == "Succeeded"
        }
        if "ParallelismConfiguration" in request:
            document["ParallelismConfiguration"] = request["ParallelismConfiguration"]
        # Here and not later: a second retry at the same time must find it executing.
        document["PipelineExecutionStatus"] = "Executing"
        document["LastModifiedTime"] = time.time()
        document.pop("FailureReason", None)
        previous = status

    document = service.store.mutate(KIND, arn, change)
    if previous is not None:
        state.publish_execution(service, document, previous=previous)
        executor.start(service, arn)
    return {"PipelineExecutionArn": arn}


def update_pipeline_execution(service: SageMakerService, request: Request) -> Response:
    arn = _execution(service, request)["PipelineExecutionArn"]
    changes = {member: request[member] for member in OWN_MEMBERS if member in request}
    service.store.update(KIND, arn, LastModifiedTime=time.time(), **changes)
    return {"PipelineExecutionArn": arn}


def describe_pipeline_execution(service: SageMakerService, request: Request) -> Response:
    return public(_execution(service, request))


def describe_pipeline_definition_for_execution(
    service: SageMakerService, request: Request
) -> Response:
    document = _execution(service, request)
    return {
        "PipelineDefinition": document["_definition"],
        "CreationTime": document["CreationTime"],
    }


def list_pipeline_executions(service: SageMakerService, request: Request) -> Response:
    arn = pipelines.find_pipeline(service, request["PipelineName"])["PipelineArn"]
    chosen = select(
        [one for one in service.store.listed(KIND) if one["PipelineArn"] == arn],
        request,
        sort_keys={
            "CreationTime": "CreationTime",
            "PipelineExecutionArn": "PipelineExecutionArn",
        },
        after="CreatedAfter",
        before="CreatedBefore",
        default_order="Descending",
    )
    return page(chosen, request, "PipelineExecutionSummaries", summary=_summary)


def _summary(document: Mapping[str, Any]) -> dict[str, Any]:
    summary = {
        "PipelineExecutionArn": document["PipelineExecutionArn"],
        "StartTime": document["CreationTime"],
        "PipelineExecutionStatus": document["PipelineExecutionStatus"],
        "PipelineExecutionDescription": document.get("PipelineExecutionDescription"),
        "PipelineExecutionDisplayName": document["PipelineExecutionDisplayName"],
        "PipelineExecutionFailureReason": document.get("FailureReason"),
    }
    return {key: value for key, value in summary.items() if value is not None}


def list_pipeline_execution_steps(service: SageMakerService, request: Request) -> Response:
    """The steps that have begun, the latest first unless SortOrder says otherwise."""
    document = _execution(service, request)
    definition = definitions.parse(document["_definition"])
    steps = []
    for name, record in document["_steps"].items():
        step = definition.step(name)
        described = {
            "StepName": name,
            "StepDisplayName": step.display_name,
            "StepDescription": step.description,
            "StepStatus": record["Status"],
            **{member: record.get(member) for member in _STEP_MEMBERS},
        }
        steps.append({key: value for key, value in described.items() if value is not None})
    steps.sort(key=lambda step: float(step["StartTime"]))
    if request.get("SortOrder", "Descending") == "Descending":
        steps.reverse()
    return page(steps, request, "PipelineExecutionSteps")


def list_pipeline_parameters_for_execution(service: SageMakerService, request: Request) -> Response:
    """The parameters given at the start; the definition holds the defaults of the others."""
    return page(_execution(service, request)["_parameters"], request, "PipelineParameters")


def resume(service: SageMakerService) -> None:
    """Go on with the executions that the last shutdown interrupted."""
    for document in service.store.list(KIND):
        if document["PipelineExecutionStatus"] in state.RUNNING_EXECUTION:
            executor.start(service, document["PipelineExecutionArn"])


ACTIONS: dict[str, Action] = {
    "StopPipelineExecution": stop_pipeline_execution,
    "RetryPipelineExecution": retry_pipeline_execution,
    "UpdatePipelineExecution": update_pipeline_execution,
    "DescribePipelineExecution": describe_pipeline_execution,
    "DescribePipelineDefinitionForExecution": describe_pipeline_definition_for_execution,
    "ListPipelineExecutions": list_pipeline_executions,
    "ListPipelineExecutionSteps": list_pipeline_execution_steps,
    "ListPipelineParametersForExecution": list_pipeline_parameters_for_execution,
}
