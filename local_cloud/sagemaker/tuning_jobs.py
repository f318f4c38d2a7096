"""Hyperparameter tuning jobs: the API family over :mod:`local_cloud.sagemaker.tuner`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.errors import ResourceInUse, ResourceNotFound
from local_cloud.sagemaker.job_state import ask_to_stop, event_detail
from local_cloud.sagemaker.listing import matching, page, select
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, NameTakenError, public
from local_cloud.sagemaker.tags import create_tagged
from local_cloud.sagemaker.tuner import (
    checks,
    completion,
    definitions,
    training_job_stops,
    trials,
    warm_start,
)
from local_cloud.sagemaker.tuner.search import KIND, Search
from local_cloud.sagemaker.tuner.training_request import sample_request

EVENT = "SageMaker HyperParameter Tuning Job State Change"
_NAME = "HyperParameterTuningJobName"
_STATUS = "HyperParameterTuningJobStatus"
_SUMMARY_KEYS = (
    _NAME,
    "HyperParameterTuningJobArn",
    _STATUS,
    "CreationTime",
    "HyperParameterTuningEndTime",
    "LastModifiedTime",
    "TrainingJobStatusCounters",
    "ObjectiveStatusCounters",
)


def create_hyper_parameter_tuning_job(service: SageMakerService, request: Request) -> Response:
    checks.check(service.store, request)
    for definition in definitions.read(request):
        _check_training_job(service, definition)
    name = request[_NAME]
    document = _document(service, request)
    arn = document["HyperParameterTuningJobArn"]
    try:
        create_tagged(service, KIND, name, document, request, arn=arn)
    except NameTakenError:
        raise ResourceInUse(
            "Hyperparameter tuning job names must be unique within an AWS account and region, "
            f"and a job with this name already exists ({arn})"
        ) from None
    _publish(service, document)
    _start_search(service, name)
    return {"HyperParameterTuningJobArn": arn}


def _document(service: SageMakerService, request: Request) -> Document:
    now = time.time()
    earlier = [service.store.get(KIND, name) for name in warm_start.parents(request)]
    return {
        _NAME: request[_NAME],
        "HyperParameterTuningJobConfig": definitions.described_config(
            request["HyperParameterTuningJobConfig"]
        ),
        **_described_definitions(request),
        **{key: request[key] for key in ("WarmStartConfig",) if key in request},
        "HyperParameterTuningJobArn": service.arn(f"hyper-parameter-tuning-job/{request[_NAME]}"),
        _STATUS: "InProgress",
        "CreationTime": now,
        "LastModifiedTime": now,
        "_tags": list(request.get("Tags", [])),
        "_trials": [],
        **warm_start.inherit(service.store, request, earlier),
    }


def _described_definitions(request: Request) -> dict[str, Any]:
    described = [definitions.described(request, one) for one in definitions.listed(request)]
    if "TrainingJobDefinitions" in request:
        return {"TrainingJobDefinitions": described}
    return {"TrainingJobDefinition": described[0]}


def describe_hyper_parameter_tuning_job(service: SageMakerService, request: Request) -> Response:
    return describe(service, _find(service, request[_NAME]))


def describe(service: SageMakerService, document: Document) -> Response:
    """The document with the counters and the best training job, derived from its trials."""
    recorded: list[trials.Trial] = document["_trials"]
    direction = definitions.direction(document)
    answer = {**public(document), **_counters(document)}
    answer["TuningJobCompletionDetails"] = {
        "NumberOfTrainingJobsObjectiveNotImproving": completion.not_improving(recorded, direction)
    }
    if completion.CONVERGED_AT in document:
        converged = document[completion.CONVERGED_AT]
        answer["TuningJobCompletionDetails"]["ConvergenceDetectedTime"] = converged
    ended = document.get("HyperParameterTuningEndTime", time.time())
    answer["ConsumedResources"] = {"RuntimeInSeconds": int(ended - document["CreationTime"])}
    best = trials.best(recorded, direction)
    if best is not None:
        answer["BestTrainingJob"] = trials.summary(service.store, document, best)
    overall = warm_start.overall_best(service.store, document, best)
    if overall is not None:
        answer["OverallBestTrainingJob"] = overall
    return answer


def _counters(document: Document) -> dict[str, Any]:
    recorded: list[trials.Trial] = document["_trials"]
    return {
        "TrainingJobStatusCounters": trials.training_counters(recorded),
        "ObjectiveStatusCounters": trials.objective_counters(recorded),
    }


def stop_hyper_parameter_tuning_job(service: SageMakerService, request: Request) -> Response:
    _find(service, request[_NAME])

    def change(document: Document) -> None:
        ask_to_stop(document, status=_STATUS, noun="hyperparameter tuning job")

    _publish(service, service.store.mutate(KIND, request[_NAME], change))
    return {}


def list_hyper_parameter_tuning_jobs(service: SageMakerService, request: Request) -> Response:
    found = matching(service.store.listed(KIND), request, name=_NAME, status=_STATUS)
    chosen = select(
        found,
        request,
        sort_keys={"Name": _NAME, "Status": _STATUS, "CreationTime": "CreationTime"},
        default_sort="Name",
    )
    return page(
        chosen,
        request,
        "HyperParameterTuningJobSummaries",
        summary=lambda document: _summary(dict(document)),
    )


def list_training_jobs_for_hyper_parameter_tuning_job(
    service: SageMakerService, request: Request
) -> Response:
    document = _find(service, request[_NAME])
    recorded: list[trials.Trial] = document["_trials"]
    return page(
        _sorted(service, recorded, request),
        request,
        "TrainingJobSummaries",
        summary=lambda trial: trials.summary(service.store, document, trial),
    )


def _sorted(
    service: SageMakerService, recorded: list[trials.Trial], request: Request
) -> list[trials.Trial]:
    """The trials that the request asks for, in its order."""
    status = {one["number"]: trials.live_status(service.store, one) for one in recorded}
    wanted, sort_by = request.get("StatusEquals"), request.get("SortBy", "Name")
    chosen = [one for one in recorded if wanted in (None, status[one["number"]])]
    if sort_by == "FinalObjectiveMetricValue":
        # AWS leaves training jobs without an objective out of this order.
        chosen = [one for one in chosen if one["objective"] is not None]
    keys: dict[str, Callable[[trials.Trial], Any]] = {
        "Name": lambda one: one["training_job"],
        "CreationTime": lambda one: one["number"],
        "Status": lambda one: status[one["number"]],
        "FinalObjectiveMetricValue": lambda one: one["objective"],
    }
    descending = request.get("SortOrder", "Ascending") == "Descending"
    return sorted(chosen, key=keys[sort_by], reverse=descending)


def resume(service: SageMakerService) -> None:
    """Searches that a restart interrupted go on from their recorded trials."""
    for document in service.store.list(KIND):
        if document[_STATUS] in ("InProgress", "Stopping"):
            _start_search(service, document[_NAME])


def _start_search(service: SageMakerService, name: str) -> None:
    def work() -> None:
        try:
            Search(service, name, start=_start_training_job, status_changed=_publish).run()
        except Exception as error:
            failed = service.store.update(
                KIND,
                name,
                FailureReason=f"InternalServerError: {type(error).__name__}: {error}",
                HyperParameterTuningEndTime=time.time(),
                **{_STATUS: "Failed"},
            )
            training_job_stops.stop_abandoned(service, failed["_trials"])
            _publish(service, failed)
            raise

    service.tasks.start(f"tuning job {name}", work)


def _start_training_job(
    service: SageMakerService, request: Mapping[str, Any], tuning_job_arn: str
) -> None:
    from local_cloud.sagemaker import training_jobs

    training_jobs.create(service, request, tuning_job_arn=tuning_job_arn)


def _check_training_job(service: SageMakerService, definition: definitions.Definition) -> None:
    """What AWS refuses of the training jobs that are to come. Raises ApiError."""
    from local_cloud.sagemaker import training_jobs

    training_jobs.check(service, sample_request(definition))


def _find(service: SageMakerService, name: str) -> Document:
    document = service.store.find(KIND, name)
    if document is None:
        raise ResourceNotFound(
            f"Amazon SageMaker can't find a tuning job called {name}. Type another name."
        )
    return document


def _summary(document: Document) -> dict[str, Any]:
    described = {**document, **_counters(document)}
    summary = {key: described[key] for key in _SUMMARY_KEYS if key in described}
    config = document["HyperParameterTuningJobConfig"]
    summary["Strategy"] = config["Strategy"]
    summary["ResourceLimits"] = config["ResourceLimits"]
    return summary


def _publish(service: SageMakerService, document: Document) -> None:
    """The event's detail is the description."""
    detail = event_detail(describe(service, document))
    detail["Tags"] = {tag["Key"]: tag["Value"] for tag in document["_tags"]}
    service.events.publish(EVENT, resources=[document["HyperParameterTuningJobArn"]], detail=detail)


ACTIONS: dict[str, Action] = {
    "CreateHyperParameterTuningJob": create_hyper_parameter_tuning_job,
    "DescribeHyperParameterTuningJob": describe_hyper_parameter_tuning_job,
    "StopHyperParameterTuningJob": stop_hyper_parameter_tuning_job,
    "ListHyperParameterTuningJobs": list_hyper_parameter_tuning_jobs,
    "ListTrainingJobsForHyperParameterTuningJob": (
        list_training_jobs_for_hyper_parameter_tuning_job
    ),
}
