"""Model package groups: the shelves of the model registry."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.errors import ConflictException
from local_cloud.sagemaker.listing import page, select
from local_cloud.sagemaker.named import find_named
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, NameTakenError, public
from local_cloud.sagemaker.tags import create_tagged, remove_all

KIND = "model-package-group"
PACKAGE_KIND = "model-package"
_SUMMARY = (
    "ModelPackageGroupName",
    "ModelPackageGroupArn",
    "ModelPackageGroupDescription",
    "CreationTime",
    "ModelPackageGroupStatus",
)


def key_of(name_or_arn: str) -> str:
    """The group's name, which is its key in the store."""
    return name_or_arn.rsplit("/", 1)[-1]


def find_group(service: SageMakerService, name_or_arn: str) -> Document:
    """Raises ValidationException, as AWS does, where the group does not exist."""
    return find_named(
        service,
        KIND,
        name_or_arn,
        key_of=key_of,
        missing=lambda arn: ValidationException(f"ModelPackageGroup {arn} does not exist."),
    )


def create_model_package_group(service: SageMakerService, request: Request) -> Response:
    name = request["ModelPackageGroupName"]
    arn = service.arn(f"model-package-group/{name}")
    document: Document = {
        "ModelPackageGroupName": name,
        "ModelPackageGroupArn": arn,
        "CreationTime": time.time(),
        "CreatedBy": {},
        "ModelPackageGroupStatus": "Completed",
        "_last_version": 0,
    }
    for member in ("ModelPackageGroupDescription", "ManagedConfiguration"):
        if member in request:
            document[member] = request[member]
    try:
        create_tagged(service, KIND, name, document, request, arn=arn)
    except NameTakenError as error:
        raise ValidationException(f"Model Package Group already exists: {arn}") from error
    return {"ModelPackageGroupArn": arn}


def describe_model_package_group(service: SageMakerService, request: Request) -> Response:
    return public(find_group(service, request["ModelPackageGroupName"]))


def list_model_package_groups(service: SageMakerService, request: Request) -> Response:
    """Nothing is shared with the one account that there is (CrossAccountFilterOption)."""
    part = request.get("NameContains", "").lower()
    own = request.get("CrossAccountFilterOption") != "CrossAccount"
    groups = service.store.listed(KIND) if own else []
    chosen = select(
        [group for group in groups if part in group["ModelPackageGroupName"].lower()],
        request,
        sort_keys={"Name": "ModelPackageGroupName", "CreationTime": "CreationTime"},
    )
    return page(chosen, request, "ModelPackageGroupSummaryList", summary=_summary)


def _summary(document: Mapping[str, Any]) -> dict[str, Any]:
    return {member: document[member] for member in _SUMMARY if member in document}


def delete_model_package_group(service: SageMakerService, request: Request) -> Response:
    """Raises ConflictException while the group still holds packages."""
    with service.store.transaction():
        document = find_group(service, request["ModelPackageGroupName"])
        name = document["ModelPackageGroupName"]
        held = [
            package["ModelPackageArn"]
            for package in service.store.listed(PACKAGE_KIND)
            if package.get("ModelPackageGroupName") == name
        ]
        if held:
            raise ConflictException(
                f"Model Package Group {name} cannot be deleted since it contains "
                f"{len(held)} Model Packages. Delete them with DeleteModelPackage first."
            )
        service.store.delete(KIND, name)
        remove_all(service, document["ModelPackageGroupArn"])
    return {}


ACTIONS: dict[str, Action] = {
    "CreateModelPackageGroup": create_model_package_group,
    "DescribeModelPackageGroup": describe_model_package_group,
    "ListModelPackageGroups": list_model_package_groups,
    "DeleteModelPackageGroup": delete_model_package_group,
}
