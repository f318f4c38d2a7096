"""Runs a processing job: download inputs, run the container, upload outputs.

The container's contract: "How Amazon SageMaker Processing Runs Your Processing Container
Image" and "... Configures Input and Output" in the SageMaker developer guide.
"""

from __future__ import annotations

import time

from local_cloud.sagemaker.errors import ApiError
from local_cloud.sagemaker.job_state import event_detail
from local_cloud.sagemaker.runner import objects, places
from local_cloud.sagemaker.runner.container_job import ContainerJob
from local_cloud.sagemaker.runner.failure import AlgorithmError, of_exit
from local_cloud.sagemaker.runner.images import resolve
from local_cloud.sagemaker.runner.job_log import JobLog
from local_cloud.sagemaker.runner.job_run import JobRun, LeftForResumeError, run_to_its_end
from local_cloud.sagemaker.runner.process import Outcome
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document, public

KIND = "processing-job"
STATUS = "ProcessingJobStatus"
EVENT = "SageMaker Processing Job State Change"
LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
HOST = "algo-1"


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
    run = _ProcessingRun(service, name)

    def work() -> None:
        try:
            run.run()
        except AlgorithmError as error:
            reason, message = f"AlgorithmError: {error}", run.exit_message()
            end(service, name, "Failed", reason=reason, exit_message=message)

    run_to_its_end(service, work, lambda reason: end(service, name, "Failed", reason=reason))


class _ProcessingRun(JobRun):
    kind = KIND
    status = STATUS

    def run(self) -> None:
        specification = self.request["AppSpecification"]
        self.workspace.create()
        image = resolve(self.service.settings, specification["ImageUri"], lambda: self.session)
        argv = image.command(
            specification.get("ContainerEntrypoint"), specification.get("ContainerArguments")
        )
        if argv is None:
            raise ApiError("ValidationException", f"{image.uri} has no ENTRYPOINT and no CMD")
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
            role_arn=self.role_arn,
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
        self.workspace.write_config("config/processingjobconfig.json", public(self.request))
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
            outcome = job.run(log, on_line=lambda _line: None, stop_wanted=self.stop_wanted)
        if outcome.why == "shut down":
            raise LeftForResumeError
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
