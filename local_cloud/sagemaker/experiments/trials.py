"""Trials of experiments: create, describe, update, delete, list."""

from __future__ import annotations

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.experiments import records
from local_cloud.sagemaker.experiments.records import COMPONENT, EXPERIMENT, TRIAL
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, public


def create_trial(service: SageMakerService, request: Request) -> Response:
    """Raises ResourceNotFound for an experiment that is not there."""
    with service.store.transaction():
        experiment = records.find(service, EXPERIMENT, request["ExperimentName"])
        document = records.create(
            service,
            TRIAL,
            request,
            members=("MetadataProperties",),
            more={"ExperimentName": experiment["ExperimentName"]},
        )
    return {"TrialArn": document["TrialArn"]}


def describe_trial(service: SageMakerService, request: Request) -> Response:
    return public(records.find(service, TRIAL, request["TrialName"]))


def update_trial(service: SageMakerService, request: Request) -> Response:
    known = records.find(service, TRIAL, request["TrialName"])

    def change(document: Document) -> None:
        if "DisplayName" in request:
            document["DisplayName"] = request["DisplayName"]
        records.touch(document)

    service.store.mutate(TRIAL.kind, records.key_of(known["TrialArn"]), change)
    return {"TrialArn": known["TrialArn"]}


def delete_trial(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException while components are associated with the trial."""
    with service.store.transaction():
        document = records.find(service, TRIAL, request["TrialName"])
        key = records.key_of(document["TrialArn"])
        held = [
            component["TrialComponentName"]
            for component in service.store.list(COMPONENT.kind)
            if key in component["_trials"]
        ]
        if held:
            raise ValidationException(
                f"Trial '{document['TrialArn']}' cannot be deleted: all trial components must be "
                f"disassociated from it first. It has {', '.join(held)}."
            )
        return records.delete(service, TRIAL, key)


def list_trials(service: SageMakerService, request: Request) -> Response:
    """Raises ResourceNotFound for an experiment or a component that is not there."""
    documents = service.store.list(TRIAL.kind)
    if "ExperimentName" in request:
        name = records.find(service, EXPERIMENT, request["ExperimentName"])["ExperimentName"]
        documents = [trial for trial in documents if trial["ExperimentName"] == name]
    if "TrialComponentName" in request:
        keys = records.find(service, COMPONENT, request["TrialComponentName"])["_trials"]
        documents = [trial for trial in documents if records.key_of(trial["TrialArn"]) in keys]
    return records.list_page(TRIAL, documents, request, ("CreationTime", "LastModifiedTime"))


def resume(service: SageMakerService) -> None:
    """Trials do nothing in the background."""


ACTIONS: dict[str, Action] = {
    "CreateTrial": create_trial,
    "DescribeTrial": describe_trial,
    "UpdateTrial": update_trial,
    "DeleteTrial": delete_trial,
    "ListTrials": list_trials,
}
