"""What experiments, trials and trial components have in common: names, ARNs, create, update.

Names are unique in any spelling; the key in the store, and in the ARN, is the name in small
letters.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.errors import ResourceNotFound
from local_cloud.sagemaker.listing import page, select
from local_cloud.sagemaker.named import find_named
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document, NameTakenError
from local_cloud.sagemaker.tags import remove_all, set_tags


@dataclass(frozen=True, kw_only=True)
class Entity:
    """One of the three; ``<member>Name``, ``<member>Arn`` and so on are its members."""

    kind: str
    """In the store and in ARNs."""
    member: str
    noun: str


EXPERIMENT = Entity(kind="experiment", member="Experiment", noun="Experiment")
TRIAL = Entity(kind="experiment-trial", member="Trial", noun="Trial")
COMPONENT = Entity(
    kind="experiment-trial-component", member="TrialComponent", noun="Trial component"
)


def key_of(name_or_arn: str) -> str:
    """The store's key of a name or an ARN."""
    return name_or_arn.rsplit("/", 1)[-1].lower()


def find(service: SageMakerService, entity: Entity, name_or_arn: str) -> Document:
    """Raises ResourceNotFound."""
    return find_named(
        service,
        entity.kind,
        name_or_arn,
        key_of=key_of,
        missing=lambda arn: ResourceNotFound(f"{entity.noun} '{arn}' does not exist."),
    )


def create(
    service: SageMakerService,
    entity: Entity,
    request: Request,
    *,
    members: Iterable[str] = (),
    more: Mapping[str, Any] | None = None,
) -> Document:
    """A new record of the request's name, DisplayName, Tags and ``members``, with ``more``.

    Raises ValidationException for a name that is taken.
    """
    name, now = request[f"{entity.member}Name"], time.time()
    document: Document = {
        f"{entity.member}Name": name,
        f"{entity.member}Arn": service.arn(f"{entity.kind}/{key_of(name)}"),
        "DisplayName": request.get("DisplayName", name),
        "CreationTime": now,
        "CreatedBy": {},
        "LastModifiedTime": now,
        "LastModifiedBy": {},
        **{member: request[member] for member in members if member in request},
        **(more or {}),
    }
    with service.store.transaction():
        try:
            service.store.create(entity.kind, key_of(name), document)
        except NameTakenError as error:
            raise ValidationException(
                f"{entity.noun} names must be unique within an AWS account and region. "
                f"{entity.noun} with name ({name}) already exists."
            ) from error
        set_tags(service, document[f"{entity.member}Arn"], list(request.get("Tags", [])))
    return document


def touch(document: Document) -> None:
    """Note that somebody changed it now."""
    document["LastModifiedTime"] = time.time()
    document["LastModifiedBy"] = {}


def delete(service: SageMakerService, entity: Entity, name: str) -> Response:
    """The record and its tags; whether it may go is for the caller to say."""
    document = find(service, entity, name)
    arn = document[f"{entity.member}Arn"]
    service.store.delete(entity.kind, key_of(arn))
    remove_all(service, arn)
    return {f"{entity.member}Arn": arn}


def list_page(
    entity: Entity,
    documents: Iterable[Document],
    request: Request,
    members: Iterable[str],
    *,
    described: Callable[[Document], Document] = dict,
) -> Response:
    """One page of summaries, the newest first unless the request says otherwise.

    A summary is made of what ``described`` answers for a document, and calls ``Source`` by the
    entity's name (``TrialSource``).
    """
    chosen = select(
        documents,
        request,
        sort_keys={"Name": f"{entity.member}Name", "CreationTime": "CreationTime"},
        after="CreatedAfter",
        before="CreatedBefore",
        default_order="Descending",
    )
    kept = (f"{entity.member}Name", f"{entity.member}Arn", "DisplayName", *members)

    def summary(listed: Mapping[str, Any]) -> dict[str, Any]:
        document = described(dict(listed))
        found = {member: document[member] for member in kept if member in document}
        if "Source" in document:
            found[f"{entity.member}Source"] = document["Source"]
        return found

    return page(chosen, request, f"{entity.member}Summaries", summary=summary)
