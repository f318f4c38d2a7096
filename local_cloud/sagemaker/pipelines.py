"""Pipelines: create, update, delete, describe, list, and their versions."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.errors import ConflictException, ResourceNotFound
from local_cloud.sagemaker.listing import page, select
from local_cloud.sagemaker.named import find_named
from local_cloud.sagemaker.pipeline import state
from local_cloud.sagemaker.pipeline.checks import validated
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, NameTakenError, public
from local_cloud.sagemaker.tags import create_tagged, remove_all

KIND = "pipeline"
_CHANGEABLE = (
    "PipelineDisplayName",
    "PipelineDescription",
    "RoleArn",
    "ParallelismConfiguration",
)
VERSION_NAMES = ("PipelineVersionDisplayName", "PipelineVersionDescription")
_SUMMARY = (
    "PipelineArn",
    "PipelineName",
    "PipelineDisplayName",
    "PipelineDescription",
    "RoleArn",
    "CreationTime",
    "LastModifiedTime",
)


def key_of(name_or_arn: str) -> str:
    """The pipeline's name in the store: AWS writes it in small letters into the ARN."""
    return name_or_arn.rsplit("pipeline/", 1)[-1].lower()


def find_pipeline(service: SageMakerService, name_or_arn: str) -> Document:
    """Raises ResourceNotFound."""
    return find_named(service, KIND, name_or_arn, key_of=key_of, missing=_missing)


def _missing(arn: str) -> ResourceNotFound:
    return ResourceNotFound(f"Pipeline '{arn}' does not exist.")


def version_of(document: Document, version: int | None) -> dict[str, Any]:
    """One version of the pipeline (the newest if none is named); raises ResourceNotFound."""
    versions: list[dict[str, Any]] = document["_versions"]
    if version is None:
        return versions[-1]
    for known in versions:
        if known["PipelineVersionId"] == version:
            return known
    raise ResourceNotFound(
        f"Pipeline '{document['PipelineArn']}' has no version {version}; its newest is "
        f"{versions[-1]['PipelineVersionId']}."
    )


def create_pipeline(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException, and ConflictException for a token that was used otherwise."""
    name = request["PipelineName"]
    known = service.store.find(KIND, key_of(name))
    if known is not None and known["_token"] != request.get("ClientRequestToken", ""):
        raise _already_exists(name)
    text = _definition_text(service, request)
    if known is not None:
        _refuse_another(known, text, request["RoleArn"])
        return {"PipelineArn": known["PipelineArn"]}
    if text is None:
        raise ValidationException(
            "Either Pipeline Definition or Pipeline Definition S3 location should be provided"
        )
    validated(text)
    document = _new_pipeline(service, request, text)
    try:
        arn = document["PipelineArn"]
        create_tagged(service, KIND, key_of(name), document, request, arn=arn)
    except NameTakenError as error:
        raise _already_exists(name) from error
    return {"PipelineArn": document["PipelineArn"]}


def _refuse_another(known: Document, text: str | None, role: str) -> None:
    """The token of an earlier creation names that pipeline, as it was created, and no other."""
    created = known["_versions"][0]["PipelineDefinition"]
    if created != text or known.get("_first_role", role) != role:
        raise ConflictException(
            "The ClientRequestToken was used with another definition or role to create "
            f"'{known['PipelineArn']}'."
        )


def _new_pipeline(service: SageMakerService, request: Request, text: str) -> Document:
    name, now = request["PipelineName"], time.time()
    return {
        "PipelineArn": service.arn(f"pipeline/{key_of(name)}"),
        "PipelineName": name,
        "PipelineDisplayName": name,
        "PipelineDefinition": text,
        **{member: request[member] for member in _CHANGEABLE if member in request},
        "PipelineStatus": "Active",
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
        "_token": request.get("ClientRequestToken"),
        "_first_role": request["RoleArn"],
        "_versions": [_version(1, text, now)],
    }


def update_pipeline(service: SageMakerService, request: Request) -> Response:
    known = find_pipeline(service, request["PipelineName"])
    text = _definition_text(service, request)
    if text is not None:
        validated(text)

    def change(document: Document) -> None:
        now = time.time()
        for member in _CHANGEABLE:
            if member in request:
                document[member] = request[member]
        document["LastModifiedTime"] = now
        if text is not None and text != document["PipelineDefinition"]:
            document["PipelineDefinition"] = text
            newest = document["_versions"][-1]["PipelineVersionId"]
            document["_versions"].append(_version(newest + 1, text, now))

    document = service.store.mutate(KIND, key_of(known["PipelineName"]), change)
    return {
        "PipelineArn": document["PipelineArn"],
        "PipelineVersionId": document["_versions"][-1]["PipelineVersionId"],
    }


def delete_pipeline(service: SageMakerService, request: Request) -> Response:
    """As on AWS: refused while an execution runs; the executions go with the pipeline."""
    with service.store.transaction():
        document = find_pipeline(service, request["PipelineName"])
        arn = document["PipelineArn"]
        executions = [
            execution
            for execution in service.store.list(state.KIND)
            if execution["PipelineArn"] == arn
        ]
        running = [
            execution["PipelineExecutionArn"]
            for execution in executions
            if execution["PipelineExecutionStatus"] in state.RUNNING_EXECUTION
        ]
        if running:
            raise ConflictException(
                f"Pipeline '{arn}' cannot be deleted while it has running executions: "
                f"{', '.join(running)}. Stop them with StopPipelineExecution first."
            )
        for execution in executions:
            service.store.delete(state.KIND, execution["PipelineExecutionArn"])
            remove_all(service, execution["PipelineExecutionArn"])
        service.store.delete(KIND, key_of(document["PipelineName"]))
        remove_all(service, arn)
    return {"PipelineArn": arn}


def describe_pipeline(service: SageMakerService, request: Request) -> Response:
    document = find_pipeline(service, request["PipelineName"])
    version = version_of(document, request.get("PipelineVersionId"))
    named = {member: version[member] for member in VERSION_NAMES if member in version}
    return {**public(document), **named, "PipelineDefinition": version["PipelineDefinition"]}


def update_pipeline_version(service: SageMakerService, request: Request) -> Response:
    """Name or describe one version. Raises ResourceNotFound."""
    number = request["PipelineVersionId"]
    known = find_pipeline(service, request["PipelineArn"])

    def change(document: Document) -> None:
        version = version_of(document, number)
        version.update({member: request[member] for member in VERSION_NAMES if member in request})
        version["LastModifiedTime"] = time.time()

    service.store.mutate(KIND, key_of(known["PipelineName"]), change)
    return {"PipelineArn": known["PipelineArn"], "PipelineVersionId": number}


def list_pipelines(service: SageMakerService, request: Request) -> Response:
    prefix = request.get("PipelineNamePrefix", "")
    chosen = select(
        [d for d in service.store.listed(KIND) if d["PipelineName"].startswith(prefix)],
        request,
        sort_keys={"Name": "PipelineName", "CreationTime": "CreationTime"},
        after="CreatedAfter",
        before="CreatedBefore",
        default_order="Descending",
    )
    return page(chosen, request, "PipelineSummaries", summary=_summary)


def _summary(document: Mapping[str, Any]) -> Response:
    summary = {member: document[member] for member in _SUMMARY if member in document}
    if "LastRunTime" in document:
        summary["LastExecutionTime"] = document["LastRunTime"]
    return summary


def list_pipeline_versions(service: SageMakerService, request: Request) -> Response:
    document = find_pipeline(service, request["PipelineName"])
    chosen = select(
        document["_versions"],
        request,
        sort_keys={},
        after="CreatedAfter",
        before="CreatedBefore",
        default_order="Descending",
    )
    last = _last_executions(service, document["PipelineArn"])

    def summary(version: Mapping[str, Any]) -> dict[str, Any]:
        members = ("PipelineVersionId", "CreationTime", *VERSION_NAMES)
        found = {member: version[member] for member in members if member in version}
        if version["PipelineVersionId"] in last:
            found["LastExecutionPipelineExecutionArn"] = last[version["PipelineVersionId"]]
        return {"PipelineArn": document["PipelineArn"], **found}

    return page(chosen, request, "PipelineVersionSummaries", summary=summary)


def _last_executions(service: SageMakerService, pipeline_arn: str) -> dict[int, str]:
    """Version -> the ARN of its last execution."""
    return {
        execution["PipelineVersionId"]: execution["PipelineExecutionArn"]
        for execution in service.store.list(state.KIND)
        if execution["PipelineArn"] == pipeline_arn
    }


def _version(number: int, text: str, now: float) -> dict[str, Any]:
    return {"PipelineVersionId": number, "PipelineDefinition": text, "CreationTime": now}


def _already_exists(name: str) -> ValidationException:
    return ValidationException(
        "Pipeline names must be unique within an AWS account and region. "
        f"Pipeline with name ({name}) already exists."
    )


def _definition_text(service: SageMakerService, request: Request) -> str | None:
    """The definition given in the request or read from S3; None if there is neither."""
    text: str | None = request.get("PipelineDefinition")
    location = request.get("PipelineDefinitionS3Location")
    if location is None:
        return text
    if text is not None:
        raise ValidationException(
            "Both Pipeline Definition and Pipeline Definition S3 Location shouldn't be present"
        )
    where = {"Bucket": location["Bucket"], "Key": location["ObjectKey"]}
    if "VersionId" in location:
        where["VersionId"] = location["VersionId"]
    s3: Any = service.credentials.as_service().client("s3")
    try:
        return str(s3.get_object(**where)["Body"].read().decode("utf-8"))
    except (ClientError, UnicodeDecodeError) as error:
        raise ValidationException(
            f"Unable to read the pipeline definition from s3://{where['Bucket']}/{where['Key']}: "
            f"{error}"
        ) from error


def resume(service: SageMakerService) -> None:
    """Pipelines themselves do nothing in the background."""


ACTIONS: dict[str, Action] = {
    "CreatePipeline": create_pipeline,
    "UpdatePipeline": update_pipeline,
    "DeletePipeline": delete_pipeline,
    "DescribePipeline": describe_pipeline,
    "ListPipelines": list_pipelines,
    "ListPipelineVersions": list_pipeline_versions,
    "UpdatePipelineVersion": update_pipeline_version,
}
