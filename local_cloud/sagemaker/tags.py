"""Tags of SageMaker's resources, by ARN."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.listing import page
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, NameTakenError

KIND = "tags"
LIMIT = 50
"""Tags that a resource may have, as AWS limits them."""
_RESERVED = "aws:"
_KEPT_BY_ARN = ("pipeline-execution", "model-package")


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


def create_tagged(
    service: SageMakerService,
    kind: str,
    name: str,
    document: Document,
    request: Request,
    *,
    arn: str,
) -> None:
    """A resource's record with the tags of its request, both or neither. Raises NameTakenError."""
    with service.store.transaction():
        service.store.create(kind, name, document)
        set_tags(service, arn, list(request.get("Tags", [])))


def remove_all(service: SageMakerService, arn: str) -> None:
    """Tags end with the resource that has them."""
    if service.store.find(KIND, arn):
        service.store.delete(KIND, arn)


def check(request: Request) -> None:
    """Whether the tags of any request may be given: before anything is made of it.

    Raises ValidationException for reserved keys and for keys given twice.
    """
    given = request.get("Tags", [])
    keys = [tag["Key"] for tag in given if isinstance(tag, Mapping)]
    faults = []
    if any(key.lower().startswith(_RESERVED) for key in keys):
        faults.append("aws: prefixed tag key names are not allowed for external use.")
    twice = sorted(key for key, count in Counter(keys).items() if count > 1)
    if twice:
        faults.append(f"Duplicate tag keys are not allowed: {', '.join(twice)}.")
    if faults:
        raise ValidationException(" ".join(faults))


def add_tags(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException where the resource would have more than :data:`LIMIT` tags."""
    arn = request["ResourceArn"]
    with service.store.transaction():
        _check_there(service, arn)
        keys = {*tags_of(service, arn), *(tag["Key"] for tag in request["Tags"])}
        if len(keys) > LIMIT:
            raise ValidationException(
                f"The number of tags of {arn} would be {len(keys)}; a resource can have at most "
                f"{LIMIT} tags."
            )
        set_tags(service, arn, request["Tags"])
    return {"Tags": as_list(tags_of(service, arn))}


def list_tags(service: SageMakerService, request: Request) -> Response:
    _check_there(service, request["ResourceArn"])
    listed = as_list(tags_of(service, request["ResourceArn"]))
    return page(listed, request, "Tags", default_results=LIMIT)


def delete_tags(service: SageMakerService, request: Request) -> Response:
    arn = request["ResourceArn"]
    _check_there(service, arn)
    if service.store.find(KIND, arn):
        gone = set(request["TagKeys"])

        def remove(document: dict[str, Any]) -> None:
            document["tags"] = {k: v for k, v in document["tags"].items() if k not in gone}

        service.store.mutate(KIND, arn, remove)
    return {}


def _check_there(service: SageMakerService, arn: str) -> None:
    resource = arn.split(":", 5)[-1]
    kind, _, name = resource.partition("/")
    if kind == "pipeline" and "/execution/" in name:
        kind = "pipeline-execution"
    key = arn if kind in _KEPT_BY_ARN else name
    # The store knows names alone: the ARN may be that of another account's or region's.
    if arn != service.arn(resource) or service.store.find(kind, key) is None:
        raise ValidationException(f"Requested resource not found: {arn}")


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as the API has them, in the order of their keys."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def resume(service: SageMakerService) -> None:
    """Tags have no work to take up again."""


ACTIONS: dict[str, Action] = {
    "AddTags": add_tags,
    "ListTags": list_tags,
    "DeleteTags": delete_tags,
}
