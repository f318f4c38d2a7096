"""Runs a training job: download channels, train, upload the model.

The container's contract: "How Amazon SageMaker Provides Training Information" and "How
Amazon SageMaker Processes Training Output" in the SageMaker developer guide.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.job_state import event_detail
from local_cloud.sagemaker.runner import (
    artifacts,
    channels,
    cluster,
    hosts,
    metrics,
    objects,
    places,
    training_contract,
)
from local_cloud.sagemaker.runner.container_job import ContainerJob
from local_cloud.sagemaker.runner.emitted_metrics import EmittedMetrics
from local_cloud.sagemaker.runner.folder_sync import FolderSync
from local_cloud.sagemaker.runner.hosts import Host
from local_cloud.sagemaker.runner.images import Image, resolve
from local_cloud.sagemaker.runner.job_run import JobRun, LeftForResumeError, run_to_its_end
from local_cloud.sagemaker.runner.process import Outcome
from local_cloud.sagemaker.runner.workspace import in_place
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document, public

KIND = "training-job"
STATUS = "TrainingJobStatus"
EVENT = "SageMaker Training Job State Change"
LOG_GROUP = "/aws/sagemaker/TrainingJobs"
CHECKPOINTS = "/opt/ml/checkpoints"
"""Where a container's checkpoints lie if the request does not say."""
DEFAULT_SECONDS = 86400
"""MaxRuntimeInSeconds where the request does not say."""

_MESSAGES = {
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Stopping": "Stopping the training job",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds",
}


def start(service: SageMakerService, name: str) -> None:
    """Run the job of this name in the background."""
    service.tasks.start(f"training job {name}", lambda: _run(service, name))


def model_uri(request: Mapping[str, Any]) -> str:
    """Where the model of a job will lie: an archive, or a prefix by CompressionType NONE."""
    name = "model/" if _uncompressed(request) else "model.tar.gz"
    return f"{_output_uri(request)}/{name}"


def _output_uri(request: Mapping[str, Any]) -> str:
    base = str(request["OutputDataConfig"]["S3OutputPath"]).rstrip("/")
    return f"{base}/{request['TrainingJobName']}/output"


def _uncompressed(request: Mapping[str, Any]) -> bool:
    return bool(request["OutputDataConfig"].get("CompressionType") == "NONE")


def publish(service: SageMakerService, document: Document) -> None:
    """The job's state as an event."""
    detail = event_detail(public(document))
    service.events.publish(EVENT, resources=[document["TrainingJobArn"]], detail=detail)


def advance(service: SageMakerService, name: str, secondary: str) -> None:
    """The next secondary status."""
    _move(service, name, secondary, _MESSAGES[secondary], {})


def end(service: SageMakerService, name: str, status: str, secondary: str, message: str) -> None:
    """The job's last status."""
    document = service.store.get(KIND, name)
    now = time.time()
    changes: Document = {
        STATUS: status,
        "TrainingEndTime": now,
        "FinalMetricDataList": metrics.final(document["_metrics"]),
    }
    if "TrainingStartTime" in document:
        seconds = max(1, round(now - document["TrainingStartTime"]))
        changes |= {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
    if status == "Failed":
        changes["FailureReason"] = message[:1024]
    _move(service, name, secondary, message, changes)


def fail(service: SageMakerService, name: str, reason: str) -> None:
    """End the job as failed."""
    end(service, name, "Failed", "Failed", reason)


def _move(
    service: SageMakerService, name: str, secondary: str, message: str, changes: Document
) -> None:
    def change(document: Document) -> None:
        if secondary == "Training":
            document["TrainingStartTime"] = time.time()
        begins = secondary in ("Downloading", "Training")
        if not (begins and document[STATUS] == "Stopping"):
            note_transition(document, secondary, message)
        if changes:
            document.update(changes)
            document["SecondaryStatusTransitions"][-1]["EndTime"] = time.time()

    publish(service, service.store.mutate(KIND, name, change))


def note_transition(document: Document, secondary: str, message: str | None = None) -> None:
    """Change the secondary status of a job's document."""
    now = time.time()
    transitions = document["SecondaryStatusTransitions"]
    transitions[-1].setdefault("EndTime", now)
    text = _MESSAGES[secondary] if message is None else message
    transitions.append({"Status": secondary, "StartTime": now, "StatusMessage": text})
    document.update(SecondaryStatus=secondary, LastModifiedTime=now)


def _run(service: SageMakerService, name: str) -> None:
    def work() -> None:
        try:
            _TrainingRun(service, name).run()
        except objects.UploadError as error:
            fail(service, name, f"ClientError: Artifact upload failed:{error}")
        except objects.NoObjectsError as error:
            role = service.store.get(KIND, name)["RoleArn"]
            fail(service, name, f"ClientError: Data download failed:{error.said_to(role)}")
        except objects.DataError as error:
            fail(service, name, f"ClientError: Data download failed:{error}")

    run_to_its_end(service, work, lambda reason: fail(service, name, reason))


class _TrainingRun(JobRun):
    kind = KIND
    status = STATUS
    action = "CreateTrainingJob"

    @property
    def instances(self) -> int:
        return int(self.request["ResourceConfig"].get("InstanceCount", 1))

    @property
    def _max_seconds(self) -> int:
        return int(self.request["StoppingCondition"].get("MaxRuntimeInSeconds", DEFAULT_SECONDS))

    @cached_property
    def checkpoints(self) -> dict[str, FolderSync]:
        """By host; empty where the job keeps none."""
        config = self.request.get("CheckpointConfig")
        if config is None:
            return {}
        place = places.parse(config["S3Uri"])
        path = config.get("LocalPath", CHECKPOINTS)
        return {
            host.name: FolderSync(self.s3, host.workspace.local_path(path), place)
            for host in self.hosts
        }

    def run(self) -> None:
        self.workspace.create()
        algorithm = self.request["AlgorithmSpecification"]
        image = resolve(self.service.settings, algorithm["TrainingImage"], lambda: self.session)
        argv = image.training_command(algorithm)
        if argv is None:
            raise ApiError("ValidationException", f"the image {image.uri} has no program `train`")
        if self.stop_wanted():
            end(self.service, self.name, "Stopped", "Stopped", _MESSAGES["Stopped"])
            return
        advance(self.service, self.name, "Downloading")
        for host in self.hosts:
            self._prepare(host)
        advance(self.service, self.name, "Training")
        ending = self._train(image, argv)
        self._conclude(ending.outcome)

    def _prepare(self, host: Host) -> None:
        host.workspace.create()
        training_contract.write_config(host, self.request)
        for folder in ("model", "output/data", "code", "checkpoints"):
            (host.workspace.ml / folder).mkdir(parents=True, exist_ok=True)
        for channel in self._channels(piped=False):
            channels.download(self.s3, channel, host)
        if self.checkpoints:
            self.checkpoints[host.name].restore()

    def _channels(self, *, piped: bool) -> list[Document]:
        """Those in input mode Pipe, or the others."""
        algorithm = self.request["AlgorithmSpecification"]
        return [
            channel
            for channel in self.request.get("InputDataConfig", [])
            if (channels.mode_of(channel, algorithm) == "Pipe") is piped
        ]

    def _environment(self, host: Host) -> dict[str, str]:
        return {
            "TRAINING_JOB_NAME": self.name,
            "TRAINING_JOB_ARN": self.request["TrainingJobArn"],
            "AWS_REGION": self.service.settings.region,
            "CURRENT_HOST": host.name,
            **self.request.get("Environment", {}),
        }

    def _emitted_metrics(self) -> EmittedMetrics:
        given = self.request["AlgorithmSpecification"].get("MetricDefinitions", [])
        return EmittedMetrics(self.service.store, KIND, self.name, metrics.definitions(given))

    def _train(self, image: Image, argv: Sequence[str]) -> cluster.Ending:
        names = hosts.write_names(self.name, self.hosts, self.workspace.root)
        logs = self.logs_of_hosts(LOG_GROUP)
        emitted = self._emitted_metrics()

        def run_host(host: Host, to_end: Callable[[], bool]) -> Outcome:
            job = ContainerJob(
                service=self.service,
                host=host,
                names=names,
                image=image,
                argv=argv,
                environment=self._environment(host),
                role_arn=self.role_arn,
                name=self.name,
                note=self.ignored,
                max_seconds=self._max_seconds,
                isolated=bool(self.request.get("EnableNetworkIsolation")),
            )
            with ExitStack() as stack:
                log = stack.enter_context(logs[host.name])
                if self.checkpoints:
                    stack.enter_context(self.checkpoints[host.name])
                piped = channels.piped(self.s3, self._channels(piped=True), host)
                broken = stack.enter_context(piped)
                stack.callback(emitted.write)

                def stop_wanted() -> bool:
                    emitted.write()
                    return to_end() or broken()

                return job.run(log, on_line=emitted.read, stop_wanted=stop_wanted)

        ending = cluster.run(self.hosts, run_host, stop_wanted=self.stop_wanted)
        if ending.outcome.why == "shut down":
            raise LeftForResumeError
        if ending.failed:
            self._upload_output()
            self.discard_data()
            raise self.failure_of(ending, logs)
        return ending

    def _conclude(self, outcome: Outcome) -> None:
        advance(self.service, self.name, "Uploading")
        # A stopped job's model is kept as well, as far as the program wrote one.
        self._upload_model(required=outcome.why == "exited")
        self._upload_output()
        status, secondary = {
            "exited": ("Completed", "Completed"),
            "stopped": ("Stopped", "Stopped"),
            "timed out": ("Stopped", "MaxRuntimeExceeded"),
        }[outcome.why]
        self.discard_data()
        end(self.service, self.name, status, secondary, _MESSAGES[secondary])

    def _upload_model(self, *, required: bool) -> None:
        folders = self._folders("model")
        target = places.parse(model_uri(self.request))
        if _uncompressed(self.request):
            # Of a file that several hosts wrote, the first one's stays, as in an archive.
            for folder in reversed(folders):
                objects.upload_folder(self.s3, folder, target, kms_key=self._kms_key)
        elif required or _any_file(folders):
            self._upload_archive(folders, target)

    def _upload_output(self) -> None:
        folders = self._folders("output/data")
        if _any_file(folders):
            self._upload_archive(
                folders, places.parse(f"{_output_uri(self.request)}/output.tar.gz")
            )

    def _folders(self, relative: str) -> list[Path]:
        """What the hosts have at this path below ``/opt/ml``, where they left it in its place."""
        folders = [host.workspace.ml / relative for host in self.hosts]
        return [folder for folder in folders if in_place(folder)]

    @property
    def _kms_key(self) -> str | None:
        key: str | None = self.request["OutputDataConfig"].get("KmsKeyId")
        return key

    def _upload_archive(self, folders: Sequence[Path], target: places.S3Place) -> None:
        archive = self.workspace.root / target.key.rsplit("/", 1)[-1]
        artifacts.write_archive(archive, folders)
        objects.upload_file(self.s3, archive, target, kms_key=self._kms_key)
        archive.unlink()


def _any_file(folders: Sequence[Path]) -> bool:
    return any(entry for folder in folders for entry in folder.iterdir())
