"""UpdateModelPackage: approval, metadata, model card, life cycle and specifications of a version.

A change that changes nothing puts no event on the bus.
"""

from __future__ import annotations

import time

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker import model_card
from local_cloud.sagemaker.model_package_data import checked_specification
from local_cloud.sagemaker.model_package_events import publish
from local_cloud.sagemaker.model_packages import KIND, find_package
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document

_UPDATED_AS_GIVEN = (
    "ModelApprovalStatus",
    "ApprovalDescription",
    "ModelPackageRegistrationType",
    "SourceUri",
    "ModelLifeCycle",
)
MOST_SPECIFICATIONS = 15
MOST_METADATA = 50
"""What AWS allows of AdditionalInferenceSpecifications and of customer metadata properties."""


def update_model_package(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException that names every fault; tells what changed as an event."""
    known = find_package(service, request["ModelPackageArn"])
    arn = known["ModelPackageArn"]
    if "ModelPackageVersion" not in known:
        raise ValidationException(
            f"Model Package {arn} is not in a model package group: only versioned model packages "
            "can be updated."
        )
    specification = request.get("InferenceSpecification")
    if specification is not None:
        specification = checked_specification(service, specification)
    updated: list[str] = []

    def change(document: Document) -> None:
        before = dict(document)
        faults = _faults(document, request)
        if faults:
            raise ValidationException(" ".join(faults))
        for member in _UPDATED_AS_GIVEN:
            if member in request:
                document[member] = request[member]
        if specification is not None:
            document["InferenceSpecification"] = specification
        _change(document, request)
        members = sorted({*before, *document})
        updated.extend(m for m in members if before.get(m) != document.get(m))
        if updated:
            document["LastModifiedTime"] = time.time()
            document["LastModifiedBy"] = {}

    document = service.store.mutate(KIND, arn, change)
    if updated:
        publish(service, document, updated_fields=updated)
    return {"ModelPackageArn": arn}


def _faults(document: Document, request: Request) -> list[str]:
    faults = []
    added = [one["Name"] for one in request.get("AdditionalInferenceSpecificationsToAdd", [])]
    known = [one["Name"] for one in document.get("AdditionalInferenceSpecifications", [])]
    taken = sorted(set(added) & set(known))
    if taken:
        faults.append(f"AdditionalInferenceSpecifications named {taken} are already there.")
    if len(added) + len(known) > MOST_SPECIFICATIONS:
        faults.append(
            "The total number of AdditionalInferenceSpecifications can not exceed "
            f"{MOST_SPECIFICATIONS}."
        )
    if len(_metadata(document, request)) > MOST_METADATA:
        faults.append(f"The number of CustomerMetadataProperties can not exceed {MOST_METADATA}.")
    return faults + model_card.faults(document.get("ModelCard"), request.get("ModelCard"))


def _change(document: Document, request: Request) -> None:
    metadata = _metadata(document, request)
    document.pop("CustomerMetadataProperties", None)
    if metadata:
        document["CustomerMetadataProperties"] = metadata
    added = request.get("AdditionalInferenceSpecificationsToAdd", [])
    if added:
        specifications = document.get("AdditionalInferenceSpecifications", [])
        document["AdditionalInferenceSpecifications"] = [*specifications, *added]
    if "ModelCard" in request:
        document["ModelCard"] = {**document.get("ModelCard", {}), **request["ModelCard"]}


def _metadata(document: Document, request: Request) -> dict[str, str]:
    """The customer metadata as the request leaves it."""
    removed = request.get("CustomerMetadataPropertiesToRemove", [])
    metadata = {
        **document.get("CustomerMetadataProperties", {}),
        **request.get("CustomerMetadataProperties", {}),
    }
    return {key: value for key, value in metadata.items() if key not in removed}


def resume(service: SageMakerService) -> None:
    """An update is one write: there is nothing to take up again."""


ACTIONS: dict[str, Action] = {"UpdateModelPackage": update_model_package}
