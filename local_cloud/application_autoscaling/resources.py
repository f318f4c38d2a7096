"""What can be scaled, how it is named, and what is said where it is not there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from local_cloud.application_autoscaling.service import AutoscalingService
from local_cloud.json_api.errors import ApiError, ValidationException
from local_cloud.json_api.messages import Request
from local_cloud.sagemaker.hosting.scaled_variants import TARGET
from local_cloud.sagemaker.store import Document, public

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
VARIANT = re.compile(r"^endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)$")

POLICY, SCHEDULED_ACTION, ACTIVITY = (
    "scaling-policy",
    "scheduled-action",
    "scaling-activity",
)
"""Kinds of documents in the store, beside TARGET. A target's name there is its resource id, that
of its policies and scheduled actions ``<resource id>|<name>``."""


@dataclass(frozen=True)
class Variant:
    endpoint: str
    name: str


class ObjectNotFound(ApiError):
    def __init__(self, message: str) -> None:
        super().__init__("ObjectNotFoundException", message)


def check_scalable(request: Request) -> None:
    """Refuse what is no instance count of a SageMaker variant. Raises ValidationException."""
    namespace = request["ServiceNamespace"]
    dimension = request.get("ScalableDimension", DIMENSION)
    if namespace != NAMESPACE or dimension != DIMENSION:
        raise ValidationException(
            f"The local cloud's Application Auto Scaling does not have {dimension} of service "
            f"namespace {namespace}. It has {DIMENSION} of {NAMESPACE}."
        )
    resource_id = request.get("ResourceId")
    for one in [*([resource_id] if resource_id else []), *request.get("ResourceIds", [])]:
        variant(one)


def variant(resource_id: str) -> Variant:
    """Raises ValidationException."""
    match = VARIANT.match(resource_id)
    if match is None:
        raise ValidationException(
            "Unsupported service namespace, resource type or scalable dimension: "
            f"'{resource_id}' is not endpoint/<endpoint>/variant/<variant>."
        )
    return Variant(match["endpoint"], match["variant"])


def identity(resource_id: str) -> dict[str, str]:
    """The three members that name a scalable target in answers."""
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": resource_id,
        "ScalableDimension": DIMENSION,
    }


def described(resource_id: str) -> str:
    return (
        f"service namespace: {NAMESPACE}, resource ID: {resource_id}, "
        f"scalable dimension: {DIMENSION}"
    )


def find_target(service: AutoscalingService, resource_id: str) -> Document:
    """Raises ObjectNotFound."""
    target = service.store.find(TARGET, resource_id)
    if target is None:
        raise ObjectNotFound(f"No scalable target registered for {described(resource_id)}")
    return target


def key(resource_id: str, name: str) -> str:
    return f"{resource_id}|{name}"


def of_target(service: AutoscalingService, kind: str, resource_id: str) -> list[Document]:
    return [one for one in service.store.list(kind) if one["ResourceId"] == resource_id]


def asked_for(
    service: AutoscalingService, kind: str, request: Request, *, name: str
) -> list[Document]:
    """What a Describe call asks for: of one target or of all, with some names or with any.

    ``name`` is the member that names a resource of this kind; the request has it with an s.
    """
    names = request.get(f"{name}s")
    return [
        public(one)
        for one in service.store.list(kind)
        if request.get("ResourceId") in (None, one["ResourceId"])
        and (not names or one[name] in names)
    ]


def put(service: AutoscalingService, kind: str, name: str, document: dict[str, Any]) -> None:
    """Write the whole document, whether one is there or not."""

    def replace(known: Document) -> None:
        known.clear()
        known.update(document)

    with service.store.transaction():
        if service.store.find(kind, name) is None:
            service.store.create(kind, name, document)
        else:
            service.store.mutate(kind, name, replace)
