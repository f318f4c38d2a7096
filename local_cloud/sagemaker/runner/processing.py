"""Runs a processing job: download inputs, run the container, upload outputs.

The container's contract: "How Amazon SageMaker Processing Runs Your Processing Container
Image" and "... Configures Input and Output" in the SageMaker developer guide.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local_cloud.sagemaker.errors import ApiError
from local_cloud.sagemaker.runner import objects, places
from local_cloud.sagemaker.runner.container_job import ContainerJob
from local_cloud.sagemaker.runner.failure import AlgorithmError, of_exit
from local_cloud.sagemaker.runner.images import resolve
from local_cloud.sagemaker.runner.job_log import JobLog
from local_cloud.sagemaker.runner.process import Outcome
from local_cloud.sagemaker.runner.workspace import Workspace
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document

KIND = "processing-job"
EVENT = "SageMaker Processing Job State Change"
LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
HOST = "algo-1"


class _LeftForResumeError(Exception):
    """The local cloud is stopping: the job's state stays as it is."""


def start(service: SageMakerService, name: str) -> None:
    """Run the job of this name in the background."""
    service.tasks.start(f"processing job {name}", lambda: _run(service, name))


def publish(service: SageMakerService, document: Document) -> None:
    """The job's state as an event; times in milliseconds, as AWS gives them."""
    detail = {key: value for key, value in document.items() if not key.startswith("_")}
    for key, value in detail.items():
        if key.endswith("Time") and isinstance(value, float):
            detail[key] = int(value * 1000)
    service.events.publish(EVENT, resources=[document["ProcessingJobArn"]], detail=detail)


def end(
    service: SageMakerService, name: str, status: str, *, reason: str = "", exit_message: str = ""
) -> None:
    """The job's last status."""
    now = time.time()
    changes: Document = {
        "ProcessingJobStatus": status,
        "ProcessingEndTime": now,
        "LastModifiedTime": now,
    }
    if reason:
        changes["FailureReason"] = reason[:1024]
    if exit_message:
        changes["ExitMessage"] = exit_message
    publish(service, service.store.update(KIND, name, **changes))


def _run(service: SageMakerService, name: str) -> None:
    run = _ProcessingRun(service, name)
    try:
        run.run()
    except _LeftForResumeError:
        return
    except AlgorithmError as error:
        end(
            service,
            name,
            "Failed",
            reason=f"AlgorithmError: {error}",
            exit_message=run.exit_message(),
        )
    except objects.DataError as error:
        end(service, name, "Failed", reason=f"ClientError: {error}")
    except ApiError as error:
        end(service, name, "Failed", reason=f"ClientError: {error.message}")
    except Exception as error:
        if service.tasks.stopping:
            # The services that it talks to are going: the next start says what became of it.
            return
        end(service, name, "Failed", reason=f"InternalServerError: {type(error).__name__}: {error}")
        raise


@dataclass(frozen=True)
class _ProcessingRun:
    service: SageMakerService
    name: str

    @cached_property
    def request(self) -> Document:
        return self.service.store.get(KIND, self.name)

    @cached_property
    def workspace(self) -> Workspace:
        return Workspace(self.service.settings.jobs_dir / f"{KIND}-{self.name}")

    @cached_property
    def session(self) -> Any:
        return self.service.credentials.as_role(self.request["RoleArn"], session_name=self.name)

    @cached_property
    def s3(self) -> Any:
        return self.session.client("s3")

    def run(self) -> None:
        specification = self.request["AppSpecification"]
        self.workspace.create()
        image = resolve(self.service.settings, specification["ImageUri"])
        argv = [
            *specification.get("ContainerEntrypoint", []),
            *specification.get("ContainerArguments", []),
        ]
        self._write_configs()
        self._download()
        started = time.time()
        self.service.store.update(KIND, self.name, ProcessingStartTime=started)
        stopping = self.request.get("StoppingCondition", {})
        job = ContainerJob(
            service=self.service,
            workspace=self.workspace,
            image=image,
            argv=argv,
            environment={
                "PROCESSING_JOB_NAME": self.name,
                "PROCESSING_JOB_ARN": self.request["ProcessingJobArn"],
                "AWS_REGION": self.service.settings.region,
                **self.request.get("Environment", {}),
            },
            role_arn=self.request["RoleArn"],
            name=self.name,
            max_seconds=stopping.get("MaxRuntimeInSeconds", 86400),
        )
        outcome = self._execute(job)
        end(self.service, self.name, outcome, exit_message=self.exit_message())
        self.workspace.discard_data()

    def exit_message(self) -> str:
        """What the program wrote to ``/opt/ml/output/message``, as AWS cuts it."""
        return self.workspace.read_text("output/message").strip()

    def _write_configs(self) -> None:
        shown = {key: value for key, value in self.request.items() if not key.startswith("_")}
        self.workspace.write_config("config/processingjobconfig.json", shown)
        self.workspace.write_config(
            "config/resourceconfig.json", {"current_host": HOST, "hosts": [HOST]}
        )

    def _download(self) -> None:
        for given in self.request.get("ProcessingInputs", []):
            source = given["S3Input"]
            folder = self.workspace.local_path(source["LocalPath"])
            objects.download_prefix(self.s3, places.parse(source["S3Uri"]), folder)
        for output in self._outputs():
            path = self.workspace.local_path(output["S3Output"]["LocalPath"])
            path.mkdir(parents=True, exist_ok=True)

    def _execute(self, job: ContainerJob) -> str:
        stream = f"{self.name}/{HOST}-{int(time.time())}"
        log = JobLog(
            self.workspace.log, self.session.client("logs"), group=LOG_GROUP, stream=stream
        )
        with log:
            outcome = job.run(log, on_line=lambda _line: None, stop_wanted=self._stop_wanted)
        if outcome.why == "shut down":
            raise _LeftForResumeError
        # What a failed program left is kept too: it may say what was wrong.
        self._upload()
        return self._status(outcome, list(log.tail))

    def _status(self, outcome: Outcome, tail: list[str]) -> str:
        if outcome.why == "stopped":
            return "Stopped"
        if outcome.why == "timed out":
            raise AlgorithmError("The job ran longer than MaxRuntimeInSeconds")
        if outcome.exit_code != 0:
            raise of_exit(self.workspace, outcome.exit_code, tail)
        return "Completed"

    def _upload(self) -> None:
        kms_key = self.request.get("ProcessingOutputConfig", {}).get("KmsKeyId")
        for output in self._outputs():
            target = output["S3Output"]
            folder = self.workspace.local_path(target["LocalPath"])
            objects.upload_folder(self.s3, folder, places.parse(target["S3Uri"]), kms_key=kms_key)

    def _outputs(self) -> list[Document]:
        config: Document = self.request.get("ProcessingOutputConfig", {})
        return list(config.get("Outputs", []))

    def _stop_wanted(self) -> bool:
        document = self.service.store.get(KIND, self.name)
        return bool(document["ProcessingJobStatus"] == "Stopping")
