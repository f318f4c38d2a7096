"""Trial components: what is recorded of one stage of a trial.

A component that a job made says what the job's record says, until the job is deleted
(:mod:`.job_components`); what a client sets on the component goes before that. A component's
document keeps the keys of its trials under ``_trials``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.experiments import job_components, records
from local_cloud.sagemaker.experiments.records import COMPONENT, EXPERIMENT, TRIAL
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, public

_GIVEN = (
    "Status",
    "StartTime",
    "EndTime",
    "Parameters",
    "InputArtifacts",
    "OutputArtifacts",
    "MetadataProperties",
)
_REPLACED = ("DisplayName", "Status", "StartTime", "EndTime")
_SUMMARY = (
    "Status",
    "StartTime",
    "EndTime",
    "CreationTime",
    "CreatedBy",
    "LastModifiedTime",
    "LastModifiedBy",
)
_Reassociation = Callable[[list[str], str], list[str]]
_FILTERS = ("ExperimentName", "TrialName", "SourceArn")


def create_trial_component(service: SageMakerService, request: Request) -> Response:
    document = records.create(service, COMPONENT, request, members=_GIVEN, more={"_trials": []})
    return {"TrialComponentArn": document["TrialComponentArn"]}


def describe_trial_component(service: SageMakerService, request: Request) -> Response:
    found = records.find(service, COMPONENT, request["TrialComponentName"])
    return public(job_components.described(service, found))


def update_trial_component(service: SageMakerService, request: Request) -> Response:
    known = records.find(service, COMPONENT, request["TrialComponentName"])

    def change(document: Document) -> None:
        for member in _REPLACED:
            if member in request:
                document[member] = request[member]
        for member in job_components.MAPS:
            added = request.get(member, {})
            removed = request.get(f"{member}ToRemove", [])
            job_components.change_entries(document, member, added, removed)
        records.touch(document)

    service.store.mutate(COMPONENT.kind, records.key_of(known["TrialComponentArn"]), change)
    return {"TrialComponentArn": known["TrialComponentArn"]}


def delete_trial_component(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException while the component is associated with trials."""
    with service.store.transaction():
        document = records.find(service, COMPONENT, request["TrialComponentName"])
        if document["_trials"]:
            raise ValidationException(
                f"Trial component '{document['TrialComponentArn']}' cannot be deleted: it must be "
                f"disassociated from all trials first. It is in {', '.join(document['_trials'])}."
            )
        return records.delete(service, COMPONENT, document["TrialComponentName"])


def list_trial_components(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException for more than one filter, ResourceNotFound."""
    given = [member for member in _FILTERS if member in request]
    if len(given) > 1:
        raise ValidationException(
            f"Only one of {', '.join(_FILTERS)} can be given; the request has {', '.join(given)}."
        )
    documents = service.store.list(COMPONENT.kind)
    if "SourceArn" in request:
        source = request["SourceArn"]
        documents = [one for one in documents if _source(one) == source]
    elif given:
        keys = _trials_of(service, request)
        documents = [one for one in documents if keys & set(one["_trials"])]
    return records.list_page(
        COMPONENT,
        documents,
        request,
        _SUMMARY,
        described=functools.partial(job_components.described, service),
    )


def _source(document: Document) -> str | None:
    arn: str | None = document.get("Source", {}).get("SourceArn")
    return arn


def _trials_of(service: SageMakerService, request: Request) -> set[str]:
    if "TrialName" in request:
        return {records.key_of(records.find(service, TRIAL, request["TrialName"])["TrialArn"])}
    name = records.find(service, EXPERIMENT, request["ExperimentName"])["ExperimentName"]
    return {
        records.key_of(trial["TrialArn"])
        for trial in service.store.list(TRIAL.kind)
        if trial["ExperimentName"] == name
    }


def associate_trial_component(service: SageMakerService, request: Request) -> Response:
    """To associate what is associated already changes nothing."""

    def change(keys: list[str], trial: str) -> list[str]:
        return keys if trial in keys else [*keys, trial]

    return _reassociate(service, request, change)


def disassociate_trial_component(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException for a component that is not in the trial."""

    def change(keys: list[str], trial: str) -> list[str]:
        if trial not in keys:
            raise ValidationException(
                f"Trial component '{request['TrialComponentName']}' is not associated with trial "
                f"'{request['TrialName']}'."
            )
        return [key for key in keys if key != trial]

    return _reassociate(service, request, change)


def _reassociate(service: SageMakerService, request: Request, change: _Reassociation) -> Response:
    """``change(keys, trial)`` answers the keys of the component's trials as they will be."""
    with service.store.transaction():
        trial = records.find(service, TRIAL, request["TrialName"])
        component = records.find(service, COMPONENT, request["TrialComponentName"])
        keys = change(component["_trials"], records.key_of(trial["TrialArn"]))
        service.store.update(
            COMPONENT.kind, records.key_of(component["TrialComponentArn"]), _trials=keys
        )
    return {
        "TrialComponentArn": component["TrialComponentArn"],
        "TrialArn": trial["TrialArn"],
    }


def resume(service: SageMakerService) -> None:
    """Trial components do nothing in the background."""


ACTIONS: dict[str, Action] = {
    "CreateTrialComponent": create_trial_component,
    "DescribeTrialComponent": describe_trial_component,
    "UpdateTrialComponent": update_trial_component,
    "DeleteTrialComponent": delete_trial_component,
    "ListTrialComponents": list_trial_components,
    "AssociateTrialComponent": associate_trial_component,
    "DisassociateTrialComponent": disassociate_trial_component,
}
