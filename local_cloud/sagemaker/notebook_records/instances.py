"""Records of notebook instances, with the states and the transitions of AWS's.

States and their order: "NotebookInstanceStatus" of DescribeNotebookInstance in the SageMaker API
reference. Since nothing is started, a state that AWS stays in for minutes passes at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.job_state import event_detail
from local_cloud.sagemaker.listing import Listed, list_page
from local_cloud.sagemaker.notebook_records import lifecycle_configs
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, NameTakenError, NotFoundError, public
from local_cloud.sagemaker.tags import as_list, create_tagged, remove_all, tags_of

KIND = "notebook-instance"
_NAME = "NotebookInstanceName"
_STATUS = "NotebookInstanceStatus"
_LIFECYCLE = "NotebookInstanceLifecycleConfigName"
_SETTLES = {"Pending": "InService", "Stopping": "Stopped", "Updating": "Stopped"}
_AT_REST = ("Stopped", "Failed")
_SUMMARY = (
    _NAME,
    "NotebookInstanceArn",
    _STATUS,
    "InstanceType",
    "CreationTime",
    "LastModifiedTime",
    _LIFECYCLE,
    "DefaultCodeRepository",
    "AdditionalCodeRepositories",
)
_SORT_KEYS = {"Name": _NAME, "CreationTime": "CreationTime", "Status": _STATUS}
_RENAMED = {"LifecycleConfigName": _LIFECYCLE, "SecurityGroupIds": "SecurityGroups"}
"""A member of a request -> the member of the description that holds it."""
_DISASSOCIATED = {
    "DisassociateLifecycleConfig": _LIFECYCLE,
    "DisassociateAcceleratorTypes": "AcceleratorTypes",
    "DisassociateDefaultCodeRepository": "DefaultCodeRepository",
    "DisassociateAdditionalCodeRepositories": "AdditionalCodeRepositories",
}


def create_notebook_instance(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException."""
    name = request[_NAME]
    arn = service.arn(f"{KIND}/{name}")
    _check(service, request)
    now = time.time()
    document: Document = {
        "DirectInternetAccess": "Enabled",
        "RootAccess": "Enabled",
        "VolumeSizeInGB": 5,
        **_described(request),
        "NotebookInstanceArn": arn,
        _STATUS: "Pending",
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    try:
        create_tagged(service, KIND, name, document, request, arn=arn)
    except NameTakenError:
        raise ValidationException(f"Cannot create a duplicate Notebook Instance ({arn})") from None
    _begin(service, document)
    return {"NotebookInstanceArn": arn}


def describe_notebook_instance(service: SageMakerService, request: Request) -> Response:
    document = service.store.find(KIND, request[_NAME])
    if document is None:
        raise ValidationException("RecordNotFound")
    return public(document)


def list_notebook_instances(service: SageMakerService, request: Request) -> Response:
    return list_page(
        _asked_for(service.store.listed(KIND), request),
        request,
        "NotebookInstances",
        keys=_SUMMARY,
        sort_keys=_SORT_KEYS,
        name=_NAME,
        status=_STATUS,
    )


def _asked_for(documents: Iterable[Listed], request: Request) -> list[Listed]:
    """By the filters that only this List has."""
    lifecycle = request.get("NotebookInstanceLifecycleConfigNameContains", "")
    repository = request.get("DefaultCodeRepositoryContains", "")
    additional = request.get("AdditionalCodeRepositoryEquals")
    return [
        one
        for one in documents
        if lifecycle in one.get(_LIFECYCLE, "")
        and repository in one.get("DefaultCodeRepository", "")
        and (additional is None or additional in one.get("AdditionalCodeRepositories", []))
    ]


def update_notebook_instance(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException for an instance that is not stopped."""
    _check(service, request)

    def change(document: Document) -> None:
        for flag, member in _DISASSOCIATED.items():
            if request.get(flag):
                document.pop(member, None)
        document.update(_described(request))

    _move(service, request[_NAME], "Updating", allowed=_AT_REST, change=change)
    return {}


def start_notebook_instance(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException."""
    _move(service, request[_NAME], "Pending", allowed=_AT_REST)
    return {}


def stop_notebook_instance(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException."""
    _move(service, request[_NAME], "Stopping", allowed=("InService",))
    return {}


def delete_notebook_instance(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException for an instance that is not stopped."""
    _move(service, request[_NAME], "Deleting", allowed=_AT_REST)
    return {}


def _check(service: SageMakerService, request: Request) -> None:
    """What a request may name. Raises ValidationException."""
    if request.get("DirectInternetAccess") == "Disabled" and "SubnetId" not in request:
        raise ValidationException(
            "DirectInternetAccess can be set to Disabled only where SubnetId is given."
        )
    if "LifecycleConfigName" in request:
        lifecycle_configs.find(service, request["LifecycleConfigName"])
    if "RoleArn" in request:
        service.credentials.as_role(request["RoleArn"], session_name=request[_NAME])


def _described(request: Request) -> Document:
    """The request's members under the names that the description has for them."""
    without = {"Tags", *_DISASSOCIATED}
    return {_RENAMED.get(key, key): value for key, value in request.items() if key not in without}


def _move(
    service: SageMakerService,
    name: str,
    status: str,
    *,
    allowed: tuple[str, ...],
    change: Callable[[Document], None] | None = None,
) -> None:
    """Into a state that passes. Raises ValidationException where AWS allows no such transition."""

    def begin(document: Document) -> None:
        if document[_STATUS] not in allowed:
            raise ValidationException(
                f"Status ({document[_STATUS]}) not in ([{', '.join(allowed)}]). Unable to "
                f"transition to ({status}) for Notebook Instance "
                f"({document['NotebookInstanceArn']})."
            )
        if change is not None:
            change(document)
        document[_STATUS] = status
        document["LastModifiedTime"] = time.time()

    try:
        document = service.store.mutate(KIND, name, begin)
    except NotFoundError:
        raise ValidationException("RecordNotFound") from None
    _begin(service, document)


def _begin(service: SageMakerService, document: Document) -> None:
    _publish(service, document)
    service.tasks.start(f"notebook record {document[_NAME]}", lambda: _settle(service, document))


def _settle(service: SageMakerService, moving: Document) -> None:
    """End the passing state that ``moving`` is in."""
    name, arn = moving[_NAME], moving["NotebookInstanceArn"]
    if moving[_STATUS] == "Deleting":
        with service.store.transaction():
            remove_all(service, arn)
            service.store.delete(KIND, name)
        return
    changes: dict[str, Any] = {_STATUS: _SETTLES[moving[_STATUS]], "LastModifiedTime": time.time()}
    _publish(service, service.store.update(KIND, name, **changes))


def _publish(service: SageMakerService, document: Document) -> None:
    arn = document["NotebookInstanceArn"]
    detail = {**event_detail(public(document)), "Tags": as_list(tags_of(service, arn))}
    service.events.publish(
        "SageMaker Notebook Instance State Change", resources=[arn], detail=detail
    )


def resume(service: SageMakerService) -> None:
    """A state that was passing at a stop passes now."""
    for document in service.store.list(KIND):
        if document[_STATUS] in _SETTLES or document[_STATUS] == "Deleting":
            _settle(service, document)


ACTIONS: dict[str, Action] = {
    "CreateNotebookInstance": create_notebook_instance,
    "DescribeNotebookInstance": describe_notebook_instance,
    "ListNotebookInstances": list_notebook_instances,
    "UpdateNotebookInstance": update_notebook_instance,
    "StartNotebookInstance": start_notebook_instance,
    "StopNotebookInstance": stop_notebook_instance,
    "DeleteNotebookInstance": delete_notebook_instance,
}
