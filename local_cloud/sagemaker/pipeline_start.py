"""StartPipelineExecution.

A start with the client request token of an earlier start of the same pipeline answers
that execution, whatever has become of it: the token names one execution for good.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker import pipelines
from local_cloud.sagemaker.errors import ConflictException, ResourceNotFound
from local_cloud.sagemaker.experiments import tracking
from local_cloud.sagemaker.pipeline import definition as definitions
from local_cloud.sagemaker.pipeline import executor, names, selection, state
from local_cloud.sagemaker.pipeline.parameters import values_for
from local_cloud.sagemaker.pipeline_executions import KIND, OWN_MEMBERS
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document

_EXPERIMENT_NAME = re.compile(r"(?=.{1,120}$)[a-zA-Z0-9](-*[a-zA-Z0-9])*")


def start_pipeline_execution(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException for parameters that the definition does not allow and for a
    selection of steps that cannot run, ResourceNotFound for a version or a source execution."""
    pipeline = pipelines.find_pipeline(service, request["PipelineName"])
    with service.store.transaction():
        known = _started_with(service, pipeline["PipelineArn"], request.get("ClientRequestToken"))
        if known is not None:
            _refuse_other_parameters(known, request)
            return {"PipelineExecutionArn": known["PipelineExecutionArn"]}
        document = _new_execution(service, pipeline, request)
        document["_steps"] = _reused(service, document)
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
    document.update({member: request[member] for member in OWN_MEMBERS if member in request})
    if "SelectiveExecutionConfig" in request:
        document["SelectiveExecutionConfig"] = request["SelectiveExecutionConfig"]
    experiment = _experiment(definition.experiment, values, pipeline["PipelineName"], execution)
    if experiment:
        document["PipelineExperimentConfig"] = experiment
    return document


def _reused(service: SageMakerService, document: Document) -> dict[str, Any]:
    """The records of steps that a selective execution takes from its source."""
    config = document.get("SelectiveExecutionConfig")
    if config is None:
        return {}
    arn = config.get("SourcePipelineExecutionArn")
    source = None if arn is None else service.store.find(KIND, arn)
    if arn is not None and source is None:
        raise ResourceNotFound(f"Pipeline execution '{arn}' does not exist.")
    if source is not None and source["PipelineArn"] != document["PipelineArn"]:
        raise ValidationException(
            f"SourcePipelineExecutionArn '{arn}' is not an execution of pipeline "
            f"'{document['PipelineArn']}'."
        )
    return selection.reused(definitions.parse(document["_definition"]), config, source)


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


def resume(service: SageMakerService) -> None:
    """What was started is taken up by :mod:`.pipeline_executions`."""


ACTIONS: dict[str, Action] = {"StartPipelineExecution": start_pipeline_execution}
