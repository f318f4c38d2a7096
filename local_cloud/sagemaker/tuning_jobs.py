"""Hyperparameter tuning jobs: the API family over :mod:`local_cloud.sagemaker.tuner`.

The local cloud lacks and refuses: the strategy Hyperband, several TrainingJobDefinitions,
warm start, Autotune, detection of convergence.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from local_cloud.sagemaker.errors import ResourceInUse, ResourceNotFound
from local_cloud.sagemaker.job_state import ask_to_stop, event_detail
from local_cloud.sagemaker.listing import matching, page, select
from local_cloud.sagemaker.service import Action, Request, Response, SageMakerService
from local_cloud.sagemaker.store import Document, NameTakenError, public
from local_cloud.sagemaker.tags import set_tags
from local_cloud.sagemaker.tuner import checks, completion, trials
from local_cloud.sagemaker.tuner.search import KIND, Search

EVENT = "SageMaker HyperParameter Tuning Job State Change"
_NAME = "HyperParameterTuningJobName"
_STATUS = "HyperParameterTuningJobStatus"
_REQUEST_KEYS = (_NAME, "HyperParameterTuningJobConfig", "TrainingJobDefinition")
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
    checks.check(request)
    name = request[_NAME]
    now = time.time()
    arn = service.arn(f"hyper-parameter-tuning-job/{name}")
    document: Document = {
        **{key: request[key] for key in _REQUEST_KEYS},
        "HyperParameterTuningJobArn": arn,
        _STATUS: "InProgress",
        "CreationTime": now,
        "LastModifiedTime": now,
        "_tags": list(request.get("Tags", [])),
        "_trials": [],
    }
    try:
        service.store.create(KIND, name, document)
    except NameTakenError:
        raise ResourceInUse(
            "Hyperparameter tuning job names must be unique within an AWS account and region, "
            f"and a job with this name already exists ({arn})"
        ) from None
    set_tags(service, arn, document["_tags"])
    _publish(service, document)
    _start_search(service, name)
    return {"HyperParameterTuningJobArn": arn}


def describe_hyper_parameter_tuning_job(service: SageMakerService, request: Request) -> Response:
    return describe(service, _find(service, request[_NAME]))


def describe(service: SageMakerService, document: Document) -> Response:
    """The document with the counters and the best training job, derived from its trials."""
    recorded: list[trials.Trial] = document["_trials"]
    objective = document["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    answer = public(document)
    answer["TrainingJobStatusCounters"] = trials.training_counters(recorded)
    answer["ObjectiveStatusCounters"] = trials.objective_counters(recorded)
    answer["TuningJobCompletionDetails"] = {
        "NumberOfTrainingJobsObjectiveNotImproving": completion.not_improving(
            recorded, objective["Type"]
        )
    }
    answer["ConsumedResources"] = {"RuntimeInSeconds": _training_seconds(service, recorded)}
    best = trials.best(recorded, objective["Type"])
    if best is not None:
        answer["BestTrainingJob"] = trials.summary(service.store, document, best)
    return answer


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
        summary=lambda document: _summary(service, dict(document)),
    )


def list_training_jobs_for_hyper_parameter_tuning_job(
    service: SageMakerService, request: Request
) -> Response:
    document = _find(service, request[_NAME])
    summaries = [trials.summary(service.store, document, one) for one in document["_trials"]]
    wanted = request.get("StatusEquals")
    chosen = [one for one in summaries if wanted in (None, one["TrainingJobStatus"])]
    sort_by = request.get("SortBy", "Name")
    if sort_by == "FinalObjectiveMetricValue":
        # AWS leaves training jobs without an objective out of this order.
        chosen = [one for one in chosen if "FinalHyperParameterTuningJobObjectiveMetric" in one]
    chosen.sort(key=lambda one: _sort_value(one, sort_by))
    if request.get("SortOrder", "Ascending") == "Descending":
        chosen.reverse()
    return page(chosen, request, "TrainingJobSummaries")


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
            _publish(service, failed)
            raise

    service.tasks.start(f"tuning job {name}", work)


def _start_training_job(
    service: SageMakerService, request: Mapping[str, Any], tuning_job_arn: str
) -> None:
    from local_cloud.sagemaker import training_jobs

    training_jobs.create(service, request, tuning_job_arn=tuning_job_arn)


def _find(service: SageMakerService, name: str) -> Document:
    document = service.store.find(KIND, name)
    if document is None:
        raise ResourceNotFound(
            f"Amazon SageMaker can't find a tuning job called {name}. Type another name."
        )
    return document


def _summary(service: SageMakerService, document: Document) -> dict[str, Any]:
    described = describe(service, document)
    summary = {key: described[key] for key in _SUMMARY_KEYS if key in described}
    config = document["HyperParameterTuningJobConfig"]
    summary["Strategy"] = config["Strategy"]
    summary["ResourceLimits"] = config["ResourceLimits"]
    return summary


def _sort_value(summary: dict[str, Any], sort_by: str) -> Any:
    if sort_by == "FinalObjectiveMetricValue":
        return summary["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
    key = {"CreationTime": "CreationTime", "Status": "TrainingJobStatus"}.get(
        sort_by, "TrainingJobName"
    )
    return summary[key]


def _training_seconds(service: SageMakerService, recorded: list[trials.Trial]) -> int:
    jobs = (service.store.find(trials.TRAINING_JOB, one["training_job"]) for one in recorded)
    return int(sum((job or {}).get("TrainingTimeInSeconds", 0) for job in jobs))


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
