"""Records of notebook instances' lifecycle configurations: scripts that nothing runs."""

from __future__ import annotations

import time

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.listing import list_page
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, NameTakenError, NotFoundError, public
from local_cloud.sagemaker.tags import create_tagged, remove_all

KIND = "notebook-instance-lifecycle-config"
_NAME = "NotebookInstanceLifecycleConfigName"
_ARN = "NotebookInstanceLifecycleConfigArn"
_SCRIPTS = ("OnCreate", "OnStart")
_SUMMARY = (_NAME, _ARN, "CreationTime", "LastModifiedTime")
_SORT_KEYS = {
    "Name": _NAME,
    "CreationTime": "CreationTime",
    "LastModifiedTime": "LastModifiedTime",
}


def find(service: SageMakerService, name: str) -> Document:
    """Raises ValidationException."""
    document = service.store.find(KIND, name)
    if document is None:
        raise ValidationException("RecordNotFound")
    return document


def create_notebook_instance_lifecycle_config(
    service: SageMakerService, request: Request
) -> Response:
    """Raises ValidationException."""
    name = request[_NAME]
    arn = service.arn(f"{KIND}/{name}")
    now = time.time()
    document: Document = {
        **{member: value for member, value in request.items() if member != "Tags"},
        _ARN: arn,
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    try:
        create_tagged(service, KIND, name, document, request, arn=arn)
    except NameTakenError:
        raise ValidationException(
            f"Unable to create Notebook Instance Lifecycle Config {arn}. "
            "(Details: Notebook Instance Lifecycle Config already exists.)"
        ) from None
    return {_ARN: arn}


def describe_notebook_instance_lifecycle_config(
    service: SageMakerService, request: Request
) -> Response:
    return public(find(service, request[_NAME]))


def list_notebook_instance_lifecycle_configs(
    service: SageMakerService, request: Request
) -> Response:
    return list_page(
        service.store.listed(KIND),
        request,
        "NotebookInstanceLifecycleConfigs",
        keys=_SUMMARY,
        sort_keys=_SORT_KEYS,
        name=_NAME,
    )


def update_notebook_instance_lifecycle_config(
    service: SageMakerService, request: Request
) -> Response:
    """Raises ValidationException."""
    scripts = {member: request[member] for member in _SCRIPTS if member in request}
    try:
        service.store.update(KIND, request[_NAME], **scripts, LastModifiedTime=time.time())
    except NotFoundError:
        raise ValidationException("RecordNotFound") from None
    return {}


def delete_notebook_instance_lifecycle_config(
    service: SageMakerService, request: Request
) -> Response:
    """Raises ValidationException."""
    document = find(service, request[_NAME])
    with service.store.transaction():
        remove_all(service, document[_ARN])
        service.store.delete(KIND, document[_NAME])
    return {}


def resume(service: SageMakerService) -> None:
    """Lifecycle configurations do nothing in the background."""


ACTIONS: dict[str, Action] = {
    "CreateNotebookInstanceLifecycleConfig": create_notebook_instance_lifecycle_config,
    "DescribeNotebookInstanceLifecycleConfig": describe_notebook_instance_lifecycle_config,
    "ListNotebookInstanceLifecycleConfigs": list_notebook_instance_lifecycle_configs,
    "UpdateNotebookInstanceLifecycleConfig": update_notebook_instance_lifecycle_config,
    "DeleteNotebookInstanceLifecycleConfig": delete_notebook_instance_lifecycle_config,
}
