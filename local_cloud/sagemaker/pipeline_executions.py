"""Executions of pipelines: start, stop, retry, describe, list.

A start with the client request token of an earlier start of the same pipeline answers
that execution, whatever has become of it: the token names one execution for good.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from local_cloud.sagemaker import pipelines
from local_cloud.sagemaker.errors import (
    ConflictException,
    ResourceNotFound,
    ValidationException,
)
from local_cloud.sagemaker.experiments import tracking
from local_cloud.sagemaker.listing import page, select
from local_cloud.sagemaker.pipeline import definition as definitions
from local_cloud.sagemaker.pipeline import executor, names, state
from local_cloud.sagemaker.pipeline.parameters import values_for
from local_cloud.sagemaker.service import Action, Request, Response, SageMakerService
from local_cloud.sagemaker.store import Document, public

KIND = state.KIND
_OWN_MEMBERS = (
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
)
_EXPERIMENT_NAME = re.compile(r"(?=.{1,120}$)[a-zA-Z0-9](-*[a-zA-Z0-9])*")


def _execution(service: SageMakerService, request: Request) -> Document:
    arn = request.get("PipelineExecutionArn")
    if arn is None:
        raise ValidationException("PipelineExecutionArn must be given.")
    document = service.store.find(KIND, arn)
    if document is None:
        raise ResourceNotFound(f"Pipeline execution '{arn}' does not exist.")
    return document


def start_pipeline_execution(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException for parameters that the definition does not allow."""
    pipeline = pipelines.find_pipeline(service, request["PipelineName"])
    with service.store.transaction():
        known = _started_with(service, pipeline["PipelineArn"], request.get("ClientRequestToken"))
        if known is not None:
            _refuse_other_parameters(known, request)
            return {"PipelineExecutionArn": known["PipelineExecutionArn"]}
        document = _new_execution(service, pipeline, request)
        arn = document["PipelineExecutionArn"]
        service.store.create(KIND, arn, document)
        tracking.ensure_for_execution(
            service,
            document.get("PipelineExperimentConfig", {}),
            pipeline_arn=pipeline["PipelineArn"],
            execution_arn=arn,
        )
        service.store.update(
            pipelines.KIND,
            pipelines.key_of(pipeline["PipelineName"]),
            LastRunTime=document["CreationTime"],
        )
    state.publish_execution(service, document, previous=None)
    executor.start(service, arn)
    return {"PipelineExecutionArn": arn}


def _started_with(service: SageMakerService, arn: str, token: str | None) -> Document | None:
    if token is None:
        return None
    for document in service.store.list(KIND):
        if document["PipelineArn"] == arn and document["_tokens"][0] == token:
            return document
    return None


def _refuse_other_parameters(known: Document, request: Request) -> None:
    given = _by_name(request.get("PipelineParameters", []))
    if given != _by_name(known["_parameters"]):
        raise ConflictException(
            f"The ClientRequestToken '{request['ClientRequestToken']}' was used with other "
            f"parameters to start '{known['PipelineExecutionArn']}'."
        )


def _by_name(parameters: list[dict[str, str]]) -> dict[str, str]:
    return {parameter["Name"]: parameter["Value"] for parameter in parameters}


def _new_execution(
    service: SageMakerService, pipeline: Mapping[str, Any], request: Request
) -> Document:
    version = pipelines.version_of(dict(pipeline), request.get("PipelineVersionId"))
    definition = definitions.parse(version["PipelineDefinition"])
    given = list(request.get("PipelineParameters", []))
    values = values_for(definition.parameters, given)
    execution = names.execution_id()
    now = time.time()
    document: Document = {
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineExecutionArn": f"{pipeline['PipelineArn']}/execution/{execution}",
        "PipelineExecutionDisplayName": f"execution-{int(now * 1000)}",
        "PipelineExecutionStatus": "Executing",
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
        "PipelineVersionId": version["PipelineVersionId"],
        "_definition": version["PipelineDefinition"],
        "_parameters": given,
        "_role_arn": pipeline["RoleArn"],
        "_pipeline_name": pipeline["PipelineName"],
        "_tokens": [request.get("ClientRequestToken")],
        "_steps": {},
    }
    if "ParallelismConfiguration" in pipeline:
        document["ParallelismConfiguration"] = pipeline["ParallelismConfiguration"]
    document.update({member: request[member] for member in _OWN_MEMBERS if member in request})
    experiment = _experiment(definition.experiment, values, pipeline["PipelineName"], execution)
    if experiment:
        document["PipelineExperimentConfig"] = experiment
    return document


def _experiment(
    given: Mapping[str, Any] | None, values: Mapping[str, Any], pipeline: str, execution: str
) -> dict[str, str]:
    """PipelineExperimentConfig with its variables given their values.

    As with AWS's SDK, an experiment without a name is named after the pipeline, a trial after
    the execution; a definition without a PipelineExperimentConfig makes neither.
    """
    if given is None:
        return {}
    known = {
        "Execution.PipelineName": pipeline,
        "Execution.PipelineExecutionId": execution,
        **{f"Parameters.{name}": value for name, value in values.items()},
    }
    named = {"ExperimentName": pipeline, "TrialName": execution}
    for member in named:
        value = given.get(member)
        if isinstance(value, Mapping):
            value = known.get(str(value.get("Get")))
        if value is not None:
            named[member] = str(value)
    faults = [
        f"PipelineExperimentConfig: {member} '{name}' must be 1 to 120 letters, digits and hyphens."
        for member, name in named.items()
        if not _EXPERIMENT_NAME.fullmatch(name)
    ]
    if faults:
        raise ValidationException(" ".join(faults))
    return named


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
    changes = {member: request[member] for member in _OWN_MEMBERS if member in request}
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
    "StartPipelineExecution": start_pipeline_execution,
    "StopPipelineExecution": stop_pipeline_execution,
    "RetryPipelineExecution": retry_pipeline_execution,
    "UpdatePipelineExecution": update_pipeline_execution,
    "DescribePipelineExecution": describe_pipeline_execution,
    "DescribePipelineDefinitionForExecution": describe_pipeline_definition_for_execution,
    "ListPipelineExecutions": list_pipeline_executions,
    "ListPipelineExecutionSteps": list_pipeline_execution_steps,
    "ListPipelineParametersForExecution": list_pipeline_parameters_for_execution,
}
