"""Experiments: create, describe, update, delete, list."""

from __future__ import annotations

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.experiments import records
from local_cloud.sagemaker.experiments.records import EXPERIMENT, TRIAL
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, public


def create_experiment(service: SageMakerService, request: Request) -> Response:
    document = records.create(service, EXPERIMENT, request, members=("Description",))
    return {"ExperimentArn": document["ExperimentArn"]}


def describe_experiment(service: SageMakerService, request: Request) -> Response:
    return public(records.find(service, EXPERIMENT, request["ExperimentName"]))


def update_experiment(service: SageMakerService, request: Request) -> Response:
    """An empty Description removes the one that there is."""
    known = records.find(service, EXPERIMENT, request["ExperimentName"])

    def change(document: Document) -> None:
        for member in ("DisplayName", "Description"):
            if member in request:
                document[member] = request[member]
        if document.get("Description") == "":
            del document["Description"]
        records.touch(document)

    service.store.mutate(EXPERIMENT.kind, records.key_of(known["ExperimentArn"]), change)
    return {"ExperimentArn": known["ExperimentArn"]}


def delete_experiment(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException while the experiment has trials."""
    with service.store.transaction():
        document = records.find(service, EXPERIMENT, request["ExperimentName"])
        name = document["ExperimentName"]
        trials = [
            trial["TrialName"]
            for trial in service.store.list(TRIAL.kind)
            if trial["ExperimentName"] == name
        ]
        if trials:
            raise ValidationException(
                f"Experiment '{document['ExperimentArn']}' cannot be deleted: all trials "
                "associated with the experiment must be deleted first. It has "
                f"{', '.join(trials)}."
            )
        return records.delete(service, EXPERIMENT, name)


def list_experiments(service: SageMakerService, request: Request) -> Response:
    documents = service.store.list(EXPERIMENT.kind)
    return records.list_page(EXPERIMENT, documents, request, ("CreationTime", "LastModifiedTime"))


def resume(service: SageMakerService) -> None:
    """Experiments do nothing in the background."""


ACTIONS: dict[str, Action] = {
    "CreateExperiment": create_experiment,
    "DescribeExperiment": describe_experiment,
    "UpdateExperiment": update_experiment,
    "DeleteExperiment": delete_experiment,
    "ListExperiments": list_experiments,
}
