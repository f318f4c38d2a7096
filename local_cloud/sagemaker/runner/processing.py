"""Runs a processing job: download inputs, run the container, upload outputs.

The container's contract: "How Amazon SageMaker Processing Runs Your Processing Container
Image" and "... Configures Input and Output" in the SageMaker developer guide.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.job_state import event_detail
from local_cloud.sagemaker.runner import channels, cluster, hosts, objects, places, sources
from local_cloud.sagemaker.runner.container_job import ContainerJob
from local_cloud.sagemaker.runner.failure import AlgorithmError
from local_cloud.sagemaker.runner.folder_sync import FolderSync
from local_cloud.sagemaker.runner.hosts import Host
from local_cloud.sagemaker.runner.images import Image, resolve
from local_cloud.sagemaker.runner.job_log import JobLog
from local_cloud.sagemaker.runner.job_run import JobRun, LeftForResumeError, run_to_its_end
from local_cloud.sagemaker.runner.process import Outcome
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document, public

KIND = "processing-job"
STATUS = "ProcessingJobStatus"
EVENT = "SageMaker Processing Job State Change"
LOG_GROUP = "/aws/sagemaker/ProcessingJobs"


def start(service: SageMakerService, name: str) -> None:
    """Run the job of this name in the background."""
    service.tasks.start(f"processing job {name}", lambda: _run(service, name))


def publish(service: SageMakerService, document: Document) -> None:
    """The job's state as an event."""
    detail = event_detail(public(document))
    service.events.publish(EVENT, resources=[document["ProcessingJobArn"]], detail=detail)


def end(
    service: SageMakerService, name: str, status: str, *, reason: str = "", exit_message: str = ""
) -> None:
    """The job's last status."""
    now = time.time()
    changes: Document = {
        STATUS: status,
        "ProcessingEndTime": now,
        "LastModifiedTime": now,
    }
    if reason:
        changes["FailureReason"] = reason[:1024]
    if exit_message:
        changes["ExitMessage"] = exit_message
    publish(service, service.store.update(KIND, name, **changes))


def _run(service: SageMakerService, name: str) -> None:
    def work() -> None:
        try:
            _ProcessingRun(service, name).run()
        except objects.NoObjectsError as error:
            role = service.store.get(KIND, name)["RoleArn"]
            reason = f"ClientError: {error.said_to(role)}"
            end(service, name, "Failed", reason=reason)

    run_to_its_end(service, work, lambda reason: end(service, name, "Failed", reason=reason))


class _ProcessingRun(JobRun):
    kind = KIND
    status = STATUS
    action = "CreateProcessingJob"

    def run(self) -> None:
        specification = self.request["AppSpecification"]
        self.workspace.create()
        image = resolve(self.service.settings, specification["ImageUri"], lambda: self.session)
        argv = image.command(
            specification.get("ContainerEntrypoint"), specification.get("ContainerArguments")
        )
        if argv is None:
            raise ApiError("ValidationException", f"{image.uri} has no ENTRYPOINT and no CMD")
        for host in self.hosts:
            self._prepare(host)
        started = time.time()
        self.service.store.update(KIND, self.name, ProcessingStartTime=started)
        self._execute(image, argv)

    @property
    def instances(self) -> int:
        return int(self.request["ProcessingResources"]["ClusterConfig"]["InstanceCount"])

    def _environment(self) -> dict[str, str]:
        return {
            "PROCESSING_JOB_NAME": self.name,
            "PROCESSING_JOB_ARN": self.request["ProcessingJobArn"],
            "AWS_REGION": self.service.settings.region,
            **self.request.get("Environment", {}),
        }

    def _prepare(self, host: Host) -> None:
        workspace = host.workspace
        workspace.create()
        workspace.write_config("config/processingjobconfig.json", public(self.request))
        workspace.write_config(
            "config/resourceconfig.json", {"current_host": host.name, "hosts": list(host.names)}
        )
        for given in self.request.get("ProcessingInputs", []):
            if given.get("AppManaged"):
                continue
            source = given["S3Input"]
            folder = workspace.local_path(source["LocalPath"])
            found = sources.find(self.s3, source)
            own = sources.in_order(found, channels.part_of(source, host), seed=None)
            sources.download(self.s3, own, folder)
        for output in self._outputs():
            folder, _ = self._places(host, output)
            folder.mkdir(parents=True, exist_ok=True)

    def _execute(self, image: Image, argv: Sequence[str]) -> None:
        names = hosts.write_names(self.name, self.hosts, self.workspace.root)
        logs = self.logs_of_hosts(LOG_GROUP)
        stopping = self.request.get("StoppingCondition", {})
        network = self.request.get("NetworkConfig", {})

        def run_host(host: Host, to_end: Callable[[], bool]) -> Outcome:
            job = ContainerJob(
                service=self.service,
                host=host,
                names=names,
                image=image,
                argv=argv,
                environment=self._environment(),
                role_arn=self.role_arn,
                name=self.name,
                note=self.ignored,
                max_seconds=stopping.get("MaxRuntimeInSeconds", 86400),
                isolated=bool(network.get("EnableNetworkIsolation")),
            )
            with ExitStack() as stack:
                log = stack.enter_context(logs[host.name])
                for output in self._outputs(continuous=True):
                    stack.enter_context(self._sync(host, output))
                return job.run(log, on_line=lambda _line: None, stop_wanted=to_end)

        ending = cluster.run(self.hosts, run_host, stop_wanted=self.stop_wanted)
        if ending.outcome.why == "shut down":
            raise LeftForResumeError
        # What a failed program left is kept too: it may say what was wrong.
        for host in self.hosts:
            self._upload(host)
        message = self._exit_message(ending.host)
        error = self._error(ending, logs)
        self.discard_data()
        if error is not None:
            reason = f"AlgorithmError: {error}"
            end(self.service, self.name, "Failed", reason=reason, exit_message=message)
            return
        status = "Stopped" if ending.outcome.why == "stopped" else "Completed"
        end(self.service, self.name, status, exit_message=message)

    def _error(self, ending: cluster.Ending, logs: Mapping[str, JobLog]) -> AlgorithmError | None:
        if ending.outcome.why == "timed out":
            return AlgorithmError("The job ran longer than MaxRuntimeInSeconds")
        return self.failure_of(ending, logs) if ending.failed else None

    def _exit_message(self, first: Host) -> str:
        """What a host wrote to ``/opt/ml/output/message``, as AWS cuts it: ``first``, if it
        wrote any."""
        for host in (first, *self.hosts):
            text = host.workspace.read_text("output/message").strip()
            if text:
                return text
        return ""

    def _upload(self, host: Host) -> None:
        for output in self._outputs(continuous=False):
            folder, target = self._places(host, output)
            objects.upload_folder(self.s3, folder, target, kms_key=self._kms_key)

    def _sync(self, host: Host, output: Document) -> FolderSync:
        folder, target = self._places(host, output)
        return FolderSync(self.s3, folder, target, kms_key=self._kms_key)

    def _places(self, host: Host, output: Document) -> tuple[Path, places.S3Place]:
        target = output["S3Output"]
        return host.workspace.local_path(target["LocalPath"]), places.parse(target["S3Uri"])

    @property
    def _kms_key(self) -> str | None:
        key: str | None = self.request.get("ProcessingOutputConfig", {}).get("KmsKeyId")
        return key

    def _outputs(self, *, continuous: bool | None = None) -> list[Document]:
        """Those that are uploaded for the program: all, or by their S3UploadMode."""
        config: Document = self.request.get("ProcessingOutputConfig", {})
        return [
            output
            for output in config.get("Outputs", [])
            if not output.get("AppManaged")
            and (
                continuous is None
                or (output["S3Output"]["S3UploadMode"] == "Continuous") is continuous
            )
        ]
