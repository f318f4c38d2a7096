"""What a job's record says of it as a trial component.

The names are AWS's: hyperparameters and ``SageMaker.<resource>`` as parameters, the image and
the channels as input artifacts, what the job writes as output artifacts. A component is read
from its job's record each time, so that the two cannot differ; it is written down when the job
is deleted.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_cloud.sagemaker.experiments.records import COMPONENT, key_of
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document

MAPS = ("Parameters", "InputArtifacts", "OutputArtifacts")
_VALUE_CHARACTERS = 2500
_CLUSTER = ("InstanceType", "InstanceCount", "VolumeSizeInGB")
Artifacts = dict[str, dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class JobSource:
    """A kind of job that components come from; ``<member>Status`` and so on are its members."""

    member: str
    times: str
    """``<times>StartTime`` and ``<times>EndTime`` are its record's."""
    parameters: Callable[[Mapping[str, Any]], dict[str, Any]]
    inputs: Callable[[Mapping[str, Any]], Artifacts]
    outputs: Callable[[Mapping[str, Any]], Artifacts]

    @property
    def source_type(self) -> str:
        return f"SageMaker{self.member}"


def described(service: SageMakerService, component: Document) -> Document:
    """The component's document with what its job's record says now."""
    if component.get("_job") is None:
        return component
    kind, name = component["_job"]
    job = service.store.find(kind, name)
    if job is None:
        return component
    source = SOURCES[kind]
    found = {**_progress(source, job), **component}
    maps = {
        "Parameters": source.parameters(job),
        "InputArtifacts": source.inputs(job),
        "OutputArtifacts": source.outputs(job),
    }
    for member, derived in maps.items():
        removed = component.get("_removed", {}).get(member, [])
        entries = {**derived, **component.get(member, {})}
        found[member] = {key: entries[key] for key in entries if key not in removed}
    found["Metrics"] = _metrics(job)
    changed = job.get("LastModifiedTime", job["CreationTime"])
    found["LastModifiedTime"] = max(component["LastModifiedTime"], changed)
    return found


def change_entries(
    component: Document, member: str, added: Mapping[str, Any], removed: Iterable[str]
) -> None:
    """Add to and remove from one of :data:`MAPS`; what is removed stays away though the job's
    record has it."""
    entries = {**component.get(member, {}), **added}
    component[member] = {key: entries[key] for key in entries if key not in removed}
    hidden = component.setdefault("_removed", {})
    hidden[member] = sorted({*hidden.get(member, ())} - added.keys() | {*removed})


def write_down(service: SageMakerService, kind: str, name: str) -> None:
    """Keep what the components of a job say: its record is about to go."""
    for component in service.store.list(COMPONENT.kind):
        if component.get("_job") == [kind, name]:
            kept = {**described(service, component), "_job": None, "_removed": {}}
            service.store.update(COMPONENT.kind, key_of(component["TrialComponentArn"]), **kept)


def _progress(source: JobSource, job: Mapping[str, Any]) -> dict[str, Any]:
    status = job[f"{source.member}Status"]
    secondary = job.get("SecondaryStatus", status)
    reason = job.get("FailureReason", "")
    message = f"Status: {status}, secondary status: {secondary}, failure reason: {reason}."
    found: dict[str, Any] = {"Status": {"PrimaryStatus": status, "Message": message[:1024]}}
    for member in ("StartTime", "EndTime"):
        if f"{source.times}{member}" in job:
            found[member] = job[f"{source.times}{member}"]
    return found


def _metrics(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of each metric that a training job's log told: its last value and statistics of all."""
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for entry in job.get("_metrics", []):
        by_name.setdefault(entry["MetricName"], []).append(entry)
    return [
        _summary(name, entries, job["TrainingJobArn"]) for name, entries in sorted(by_name.items())
    ]


def _summary(name: str, entries: Sequence[Mapping[str, Any]], source: str) -> dict[str, Any]:
    values = [float(entry["Value"]) for entry in entries]
    return {
        "MetricName": name,
        "SourceArn": source,
        "TimeStamp": entries[-1]["Timestamp"],
        "Max": max(values),
        "Min": min(values),
        "Last": values[-1],
        "Count": len(values),
        "Avg": statistics.fmean(values),
        "StdDev": statistics.pstdev(values),
    }


def _value(value: Any) -> dict[str, Any]:
    """A parameter as a number where it is one, as AWS tells hyperparameters."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    # JSON has no infinities either.
    if math.isfinite(number):
        return {"NumberValue": number}
    return {"StringValue": str(value)[:_VALUE_CHARACTERS]}


def _cluster(resources: Mapping[str, Any]) -> dict[str, Any]:
    return {f"SageMaker.{key}": _value(resources[key]) for key in _CLUSTER if key in resources}


def _artifact(value: str | None, media_type: str | None = None) -> dict[str, str]:
    artifact = {"Value": value or ""}
    return {**artifact, "MediaType": media_type} if media_type else artifact


def _training_parameters(job: Mapping[str, Any]) -> dict[str, Any]:
    given = {key: _value(value) for key, value in job.get("HyperParameters", {}).items()}
    return {**given, **_cluster(job["ResourceConfig"])}


def _training_inputs(job: Mapping[str, Any]) -> Artifacts:
    image = job["AlgorithmSpecification"].get("TrainingImage")
    found = {"SageMaker.ImageUri": _artifact(image)} if image else {}
    for channel in job.get("InputDataConfig", []):
        s3 = channel["DataSource"].get("S3DataSource", {})
        found[channel["ChannelName"]] = _artifact(s3.get("S3Uri"), channel.get("ContentType"))
    return found


def _training_outputs(job: Mapping[str, Any]) -> Artifacts:
    return {"SageMaker.ModelArtifact": _artifact(job["ModelArtifacts"]["S3ModelArtifacts"])}


def _processing_parameters(job: Mapping[str, Any]) -> dict[str, Any]:
    return _cluster(job["ProcessingResources"]["ClusterConfig"])


def _processing_inputs(job: Mapping[str, Any]) -> Artifacts:
    found = {"SageMaker.ImageUri": _artifact(job["AppSpecification"]["ImageUri"])}
    for given in job.get("ProcessingInputs", []):
        found[given["InputName"]] = _artifact(given.get("S3Input", {}).get("S3Uri"))
    return found


def _processing_outputs(job: Mapping[str, Any]) -> Artifacts:
    return {
        output["OutputName"]: _artifact(output.get("S3Output", {}).get("S3Uri"))
        for output in job.get("ProcessingOutputConfig", {}).get("Outputs", [])
    }


def _transform_parameters(job: Mapping[str, Any]) -> dict[str, Any]:
    return _cluster(job["TransformResources"])


def _transform_inputs(job: Mapping[str, Any]) -> Artifacts:
    given = job["TransformInput"]
    s3 = given["DataSource"].get("S3DataSource", {})
    return {
        "SageMaker.ModelName": _artifact(job["ModelName"]),
        "SageMaker.TransformInput": _artifact(s3.get("S3Uri"), given.get("ContentType")),
    }


def _transform_outputs(job: Mapping[str, Any]) -> Artifacts:
    output = job["TransformOutput"]
    return {"SageMaker.TransformOutput": _artifact(output["S3OutputPath"], output.get("Accept"))}


SOURCES: dict[str, JobSource] = {
    "training-job": JobSource(
        member="TrainingJob",
        times="Training",
        parameters=_training_parameters,
        inputs=_training_inputs,
        outputs=_training_outputs,
    ),
    "processing-job": JobSource(
        member="ProcessingJob",
        times="Processing",
        parameters=_processing_parameters,
        inputs=_processing_inputs,
        outputs=_processing_outputs,
    ),
    "transform-job": JobSource(
        member="TransformJob",
        times="Transform",
        parameters=_transform_parameters,
        inputs=_transform_inputs,
        outputs=_transform_outputs,
    ),
}
"""By the job's kind in the store."""
