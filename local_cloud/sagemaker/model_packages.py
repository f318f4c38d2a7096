"""The model registry: model packages, versioned in groups or named on their own.

A package is Completed as soon as it is there: validation profiles, which on AWS run a
transform job, are refused. A change that changes nothing puts no event on the bus.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from local_cloud.json_api.errors import ApiError, ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker import model_card
from local_cloud.sagemaker import model_package_groups as groups
from local_cloud.sagemaker.errors import ConflictException
from local_cloud.sagemaker.listing import page, select
from local_cloud.sagemaker.model_package_data import checked_specification
from local_cloud.sagemaker.model_package_events import publish
from local_cloud.sagemaker.named import is_elsewhere
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, NameTakenError, public
from local_cloud.sagemaker.tags import remove_all, set_tags

KIND = groups.PACKAGE_KIND
_KEPT = (
    "ModelPackageDescription",
    "ModelPackageRegistrationType",
    "SourceAlgorithmSpecification",
    "CertifyForMarketplace",
    "MetadataProperties",
    "ModelMetrics",
    "Domain",
    "Task",
    "SamplePayloadUrl",
    "CustomerMetadataProperties",
    "DriftCheckBaselines",
    "AdditionalInferenceSpecifications",
    "SkipModelValidation",
    "SourceUri",
    "SecurityConfig",
    "ModelCard",
    "ModelLifeCycle",
    "ManagedStorageType",
)
_NEEDED_WITHOUT_GROUP = (
    "SupportedTransformInstanceTypes",
    "SupportedRealtimeInferenceInstanceTypes",
)
_SUMMARY = (
    "ModelPackageName",
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "ModelPackageStatus",
    "ModelApprovalStatus",
    "ModelLifeCycle",
    "ModelPackageRegistrationType",
)
_BATCH_SUMMARY = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
)


def find_package(service: SageMakerService, name_or_arn: str) -> Document:
    """By ARN, ``group/version`` or name; raises ValidationException, as AWS does."""
    is_arn = name_or_arn.startswith("arn:")
    arn = name_or_arn if is_arn else service.arn(f"model-package/{name_or_arn}")
    document = service.store.find(KIND, arn)
    if document is None:
        raise ValidationException(f"Model Package {arn} does not exist.")
    return document


def create_model_package(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException for a package that AWS would refuse."""
    _refuse_wrong(request)
    document = _new_document(request)
    if "InferenceSpecification" in request:
        document["InferenceSpecification"] = checked_specification(
            service, request["InferenceSpecification"]
        )
    with service.store.transaction():
        known = _created_with(service, request.get("ClientToken"))
        if known is not None:
            if known.get("_request", request) != dict(request):
                raise ConflictException(
                    f"The ClientToken '{request['ClientToken']}' was used with other parameters "
                    f"to create {known['ModelPackageArn']}."
                )
            return {"ModelPackageArn": known["ModelPackageArn"]}
        if "ModelPackageGroupName" in request:
            _into_group(service, request["ModelPackageGroupName"], document)
        else:
            name = request["ModelPackageName"]
            document["ModelPackageName"] = name
            document["ModelPackageArn"] = service.arn(f"model-package/{name}")
        arn = document["ModelPackageArn"]
        try:
            service.store.create(KIND, arn, document)
        except NameTakenError as error:
            raise ConflictException(f"Model Package already exists: {arn}") from error
        set_tags(service, arn, list(request.get("Tags", [])))
    publish(service, document)
    return {"ModelPackageArn": arn}


def _refuse_wrong(request: Request) -> None:
    faults: list[str] = []
    versioned, named = "ModelPackageGroupName" in request, "ModelPackageName" in request
    if versioned and named:
        faults.append(
            "Both ModelPackageName and ModelPackageGroupName are provided in the input. Cannot "
            "determine which one to use."
        )
    elif not versioned and not named:
        faults.append("Missing ARN: give a ModelPackageGroupName or a ModelPackageName.")
    if versioned and request.get("Tags"):
        faults.append(
            "Tags cannot be given to a model package in a group: it has the tags of its group."
        )
    if not versioned:
        given = request.get("InferenceSpecification", _NEEDED_WITHOUT_GROUP)
        faults += [
            f"InferenceSpecification.{member} is required for unversioned models."
            for member in _NEEDED_WITHOUT_GROUP
            if member not in given
        ]
    sources = ("InferenceSpecification", "SourceAlgorithmSpecification", "SourceUri")
    if not any(member in request for member in sources):
        faults.append(f"One of {', '.join(sources)} must be given.")
    faults += model_card.faults(None, request.get("ModelCard"))
    if faults:
        raise ValidationException(" ".join(faults))


def _new_document(request: Request) -> Document:
    now = time.time()
    document: Document = {
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "_client_token": request.get("ClientToken"),
        "_request": dict(request),
    }
    document.update({member: request[member] for member in _KEPT if member in request})
    document.setdefault("CertifyForMarketplace", False)
    if "ModelPackageGroupName" in request:
        document["ModelApprovalStatus"] = request.get(
            "ModelApprovalStatus", "PendingManualApproval"
        )
    return document


def _created_with(service: SageMakerService, token: str | None) -> Document | None:
    if token is None:
        return None
    for document in service.store.list(KIND):
        if document["_client_token"] == token:
            return document
    return None


def _into_group(service: SageMakerService, group: str, document: Document) -> None:
    """Give the package its group's next version; a deleted version's number stays used."""
    name = groups.find_group(service, group)["ModelPackageGroupName"]

    def count(found: Document) -> None:
        found["_last_version"] += 1

    version = service.store.mutate(groups.KIND, name, count)["_last_version"]
    # As on AWS, where a version has no ModelPackageName though botocore's model requires one: the
    # SageMaker SDK keeps the ARN that it asked for in its place.
    document["ModelPackageGroupName"] = name
    document["ModelPackageVersion"] = version
    document["ModelPackageArn"] = service.arn(f"model-package/{name}/{version}")


def describe_model_package(service: SageMakerService, request: Request) -> Response:
    return public(find_package(service, request["ModelPackageName"]))


def list_model_packages(service: SageMakerService, request: Request) -> Response:
    """Without a group the unversioned packages, as on AWS, unless ModelPackageType says else."""
    elsewhere = is_elsewhere(service, groups.KIND, request.get("ModelPackageGroupName", ""))
    listed = [] if elsewhere else service.store.listed(KIND)
    chosen = select(
        [document for document in listed if _matches(document, request)],
        request,
        sort_keys={"Name": "ModelPackageArn", "CreationTime": "CreationTime"},
    )
    return page(
        chosen,
        request,
        "ModelPackageSummaryList",
        summary=lambda document: _of(document, _SUMMARY),
    )


def _matches(document: Mapping[str, Any], request: Request) -> bool:
    group = request.get("ModelPackageGroupName")
    if group is not None and document.get("ModelPackageGroupName") != groups.key_of(group):
        return False
    default = "Versioned" if group is not None else "Unversioned"
    kind = request.get("ModelPackageType", default)
    versioned = "ModelPackageGroupName" in document
    if kind != "Both" and versioned is not (kind == "Versioned"):
        return False
    status = request.get("ModelApprovalStatus")
    if status is not None and document.get("ModelApprovalStatus") != status:
        return False
    part = request.get("NameContains", "")
    name = document.get("ModelPackageName", document.get("ModelPackageGroupName"))
    return part.lower() in str(name).lower()


def _of(document: Mapping[str, Any], members: tuple[str, ...]) -> dict[str, Any]:
    return {member: document[member] for member in members if member in document}


def delete_model_package(service: SageMakerService, request: Request) -> Response:
    with service.store.transaction():
        document = find_package(service, request["ModelPackageName"])
        service.store.delete(KIND, document["ModelPackageArn"])
        remove_all(service, document["ModelPackageArn"])
    return {}


def batch_describe_model_package(service: SageMakerService, request: Request) -> Response:
    found: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for arn in request["ModelPackageArnList"]:
        try:
            found[arn] = _of(find_package(service, arn), _BATCH_SUMMARY)
        except ApiError as error:
            errors[arn] = {"ErrorCode": error.code, "ErrorResponse": error.message}
    answer: Response = {"ModelPackageSummaries": found}
    if errors:
        answer["BatchDescribeModelPackageErrorMap"] = errors
    return answer


def resume(service: SageMakerService) -> None:
    """The registry does nothing in the background."""


ACTIONS: dict[str, Action] = {
    **groups.ACTIONS,
    "CreateModelPackage": create_model_package,
    "DescribeModelPackage": describe_model_package,
    "ListModelPackages": list_model_packages,
    "DeleteModelPackage": delete_model_package,
    "BatchDescribeModelPackage": batch_describe_model_package,
}
