"""Tags of SageMaker's resources, by ARN."""

from __future__ import annotations

from typing import Any

from local_cloud.sagemaker.service import Action, Request, Response, SageMakerService
from local_cloud.sagemaker.store import NameTakenError

KIND = "tags"


def tags_of(service: SageMakerService, arn: str) -> dict[str, str]:
    """Key -> value; empty for a resource without tags."""
    document = service.store.find(KIND, arn)
    return dict(document["tags"]) if document else {}


def set_tags(service: SageMakerService, arn: str, tags: list[dict[str, Any]]) -> None:
    """Add tags, in AWS's list form, to those that the resource has."""
    if not tags:
        return
    added = {tag["Key"]: tag.get("Value", "") for tag in tags}
    try:
        service.store.create(KIND, arn, {"tags": added})
    except NameTakenError:
        service.store.mutate(KIND, arn, lambda document: document["tags"].update(added))


def add_tags(service: SageMakerService, request: Request) -> Response:
    set_tags(service, request["ResourceArn"], request["Tags"])
    return {"Tags": _as_list(tags_of(service, request["ResourceArn"]))}


def list_tags(service: SageMakerService, request: Request) -> Response:
    return {"Tags": _as_list(tags_of(service, request["ResourceArn"]))}


def delete_tags(service: SageMakerService, request: Request) -> Response:
    arn = request["ResourceArn"]
    if service.store.find(KIND, arn):
        gone = set(request["TagKeys"])

        def remove(document: dict[str, Any]) -> None:
            document["tags"] = {k: v for k, v in document["tags"].items() if k not in gone}

        service.store.mutate(KIND, arn, remove)
    return {}


def _as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def resume(service: SageMakerService) -> None:
    """Tags have no work to take up again."""


ACTIONS: dict[str, Action] = {
    "AddTags": add_tags,
    "ListTags": list_tags,
    "DeleteTags": delete_tags,
}
