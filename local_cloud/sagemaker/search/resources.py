"""The resources that can be searched, each as the SearchRecord that AWS makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from local_cloud.sagemaker import tags, tuning_jobs, validation
from local_cloud.sagemaker.experiments import job_components, records
from local_cloud.sagemaker.hosting import description
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document, public

Record = dict[str, Any]
Records = Callable[[SageMakerService], Iterable[Record]]


def shape_of(resource: str) -> Any:
    """botocore's shape of a resource's records."""
    return validation.service_model().shape_for("SearchRecord").members[MEMBERS[resource]]


def found(service: SageMakerService, resource: str) -> Iterable[Record]:
    """All records of a resource, the oldest first; they may have members beyond AWS's."""
    return RESOURCES[resource](service)


def fitted(shape: Any, value: Any) -> Any:
    """The value without the members that its shape does not have."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        return {
            key: fitted(shape.members[key], value[key]) for key in value if key in shape.members
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [fitted(shape.member, item) for item in value]
    return value


def _tagged(service: SageMakerService, document: Mapping[str, Any], arn: str) -> Record:
    return {**document, "Tags": tags.as_list(tags.tags_of(service, document[arn]))}


def _stored(kind: str, arn: str) -> Records:
    """Records that are what the store has, with their tags."""

    def read(service: SageMakerService) -> Iterator[Record]:
        for document in service.store.list(kind):
            yield _tagged(service, public(document), arn)

    return read


def _tuning_jobs(service: SageMakerService) -> Iterator[Record]:
    for document in service.store.list("hyper-parameter-tuning-job"):
        described = tuning_jobs.describe(service, document)
        yield _tagged(service, described, "HyperParameterTuningJobArn")


def _trials(service: SageMakerService) -> Iterator[Record]:
    components = service.store.list(records.COMPONENT.kind)
    for document in service.store.list(records.TRIAL.kind):
        key = records.key_of(document["TrialArn"])
        summaries = [_component_summary(one) for one in components if key in one["_trials"]]
        record = {**public(document), "TrialComponentSummaries": summaries}
        yield _tagged(service, record, "TrialArn")


def _component_summary(component: Document) -> Record:
    source = {"TrialComponentSource": component["Source"]} if "Source" in component else {}
    return {**component, **source}


def _trial_components(service: SageMakerService) -> Iterator[Record]:
    for document in service.store.list(records.COMPONENT.kind):
        record = public(job_components.described(service, document))
        trials = [service.store.find(records.TRIAL.kind, key) for key in document["_trials"]]
        record["Parents"] = [
            {"TrialName": trial["TrialName"], "ExperimentName": trial["ExperimentName"]}
            for trial in trials
            if trial is not None
        ]
        kind, name = document.get("_job") or ("", "")
        job = service.store.find(kind, name) if kind else None
        if job is not None:
            member = job_components.SOURCES[kind].member
            source = record["Source"]["SourceArn"]
            record["SourceDetail"] = {"SourceArn": source, member: public(job)}
        yield _tagged(service, record, "TrialComponentArn")


def _endpoints(service: SageMakerService) -> Iterator[Record]:
    for document in service.store.list("endpoint"):
        record = {**public(document), **description.of(document)}
        yield _tagged(service, record, "EndpointArn")


def _models(service: SageMakerService) -> Iterator[Record]:
    """A model with the endpoints that serve it and its last transform job."""
    endpoints, jobs = service.store.list("endpoint"), service.store.list("transform-job")
    configs = {one["EndpointConfigName"]: one for one in service.store.list("endpoint-config")}
    for document in service.store.list("model"):
        name = document["ModelName"]
        record: Record = {
            "Model": _tagged(service, public(document), "ModelArn"),
            "Endpoints": [
                endpoint
                for endpoint in endpoints
                if name in _served(configs.get(endpoint["EndpointConfigName"], {}))
            ],
        }
        used = [job for job in jobs if job["ModelName"] == name]
        if used:
            record["LastBatchTransformJob"] = public(used[-1])
        yield record


def _served(config: Document) -> set[str]:
    variants = [*config.get("ProductionVariants", []), *config.get("ShadowProductionVariants", [])]
    return {variant.get("ModelName", "") for variant in variants}


def _executions(service: SageMakerService) -> Iterator[Record]:
    for document in service.store.list("pipeline-execution"):
        yield {**public(document), "PipelineParameters": document["_parameters"]}


def _pipeline_versions(service: SageMakerService) -> Iterator[Record]:
    """A version with the last execution of it."""
    last = {
        (execution["PipelineArn"], execution["PipelineVersionId"]): {
            "LastExecutedPipelineExecutionArn": execution["PipelineExecutionArn"],
            "LastExecutedPipelineExecutionDisplayName": execution["PipelineExecutionDisplayName"],
            "LastExecutedPipelineExecutionStatus": execution["PipelineExecutionStatus"],
        }
        for execution in service.store.list("pipeline-execution")
    }
    for document in service.store.list("pipeline"):
        arn = document["PipelineArn"]
        for version in document["_versions"]:
            executed = last.get((arn, version["PipelineVersionId"]), {})
            changed = version.get("LastModifiedTime", version["CreationTime"])
            yield {"PipelineArn": arn, "LastModifiedTime": changed, **version, **executed}


RESOURCES: dict[str, Records] = {
    "TrainingJob": _stored("training-job", "TrainingJobArn"),
    "HyperParameterTuningJob": _tuning_jobs,
    "Experiment": _stored(records.EXPERIMENT.kind, "ExperimentArn"),
    "ExperimentTrial": _trials,
    "ExperimentTrialComponent": _trial_components,
    "Endpoint": _endpoints,
    "Model": _models,
    "ModelPackage": _stored("model-package", "ModelPackageArn"),
    "ModelPackageGroup": _stored("model-package-group", "ModelPackageGroupArn"),
    "Pipeline": _stored("pipeline", "PipelineArn"),
    "PipelineExecution": _executions,
    "PipelineVersion": _pipeline_versions,
}
MEMBERS = {
    **{name: name for name in RESOURCES},
    "ExperimentTrial": "Trial",
    "ExperimentTrialComponent": "TrialComponent",
}
"""The member of a SearchRecord that holds a resource."""
