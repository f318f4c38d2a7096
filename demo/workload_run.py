"""One workload's way, stage by stage: upload, training, deployment, predictions."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contracts import names
from demo import objects, summary
from demo.catalog import Delivery
from demo.clock import StageClock
from demo.environment import ENVIRONMENT, Environment
from demo.follow import follow_run, wait_for_deployment, wait_for_run
from demo.intake_state import explain_intake
from demo.joined_lines import read_joined_lines
from demo.narrator import Narrator
from demo.outputs import output
from demo.predict import Prediction, predict_samples
from demo.registry import approve, registered_package
from demo.run_state import RunState
from demo.upload import upload_folder
from demo.view import view_for

JOINED_LINES_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class WorkloadRun:
    """The stages of one workload in a deployed environment."""

    workload: str
    environment: Environment
    narrator: Narrator
    clock: StageClock

    @property
    def endpoint(self) -> str:
        return names.endpoint_name(ENVIRONMENT, self.workload)

    def client(self, service: str) -> Any:
        return self.environment.cloud.client(service)

    def upload(self, delivery: Delivery, stage: str) -> datetime:
        """The delivery's files, as a user would put them; answers when they were all there."""
        bucket = output(self.environment.outputs, "DataBucketName")
        prefix = names.upload_prefix(self.workload)
        self.narrator.heading(f"upload to s3://{bucket}/{prefix}")
        with (
            self.clock.stage(f"{stage}upload"),
            tempfile.TemporaryDirectory(dir=self.environment.folder) as files,
        ):
            delivery.write(Path(files))
            count = upload_folder(
                self.client("s3"),
                Path(files),
                bucket=bucket,
                prefix=prefix,
                progress=every(500, lambda done, of: self.narrator.say(f"{done} of {of} files")),
            )
        self.narrator.say(f"{count} {'file' if count == 1 else 'files'} uploaded: {delivery.what}")
        return datetime.now(UTC)

    def train(self, since: datetime, stage: str) -> tuple[str, RunState]:
        """The run that the upload started, followed to its end. Raises DemoError."""
        self.narrator.heading("the upload starts the SageMaker Pipeline")
        sagemaker = self.client("sagemaker")
        with self.clock.stage(f"{stage}intake (gather until quiet)"):
            arn = wait_for_run(
                sagemaker,
                pipeline=names.pipeline_name(ENVIRONMENT, self.workload),
                since=since,
                explain=self._explain_intake,
            )
        self.narrator.say(f"execution {arn}")
        view = view_for(self.narrator.console, self.narrator.say)
        with self.clock.stage(f"{stage}pipeline"):
            run = follow_run(sagemaker, self.client("logs"), arn, view)
        self.clock.parts[f"{stage}pipeline"] = {step.name: step.seconds for step in run.steps}
        return arn, run

    def show_report(self, package: dict[str, Any]) -> dict[str, Any]:
        """Print what the evaluation found, and keep its page and pictures; answers the report."""
        uri = report_uri(package)
        report: dict[str, Any] = objects.read_json(self.client("s3"), uri)
        for line in summary.report_lines(report):
            self.narrator.say(line)
        objects.save(self.client("s3"), uri.rpartition("/")[0], self.pages)
        summary.print_confusion_matrix(self.narrator.console, report)
        if report.get("kind") == "table" and report.get("batch_transform"):
            prefix, lines = read_joined_lines(self.client("s3"), uri)
            summary.print_joined_lines(self.narrator.console, lines, JOINED_LINES_SHOWN)
            self.narrator.say(f"all {len(lines)} lines: {prefix}/")
        return report

    @property
    def pages(self) -> Path:
        """The folder that takes the evaluation's page and pictures."""
        return self.environment.folder / self.workload

    def deploy(self, run: RunState, stage: str) -> dict[str, Any]:
        """Approve what the run registered, and follow its deployment; answers the package."""
        sagemaker = self.client("sagemaker")
        package = registered_package(sagemaker, run)
        self.narrator.heading("approve the model package; the approval starts the deployment")
        approved_at = package["CreationTime"]
        with self.clock.stage(f"{stage}approve and deploy"):
            if package["ModelApprovalStatus"] != "Approved":
                approved_at = datetime.now(UTC)
                approve(sagemaker, package["ModelPackageArn"])
            self.narrator.say(f"approved {package['ModelPackageArn']}")
            wait_for_deployment(
                self.client("stepfunctions"),
                state_machine_arn=self._state_machine_arn(),
                package_arn=package["ModelPackageArn"],
                since=approved_at,
                say=self.narrator.say,
                explain=self._logs,
            )
        return package

    def predict(self, package: dict[str, Any], what: str, stage: str) -> list[Prediction]:
        """What the endpoint answers to the package's held-out examples."""
        self.narrator.heading("predictions through InvokeEndpoint")
        with self.clock.stage(f"{stage}predictions"):
            predictions = self.ask(package)
        summary.print_predictions(self.narrator.console, predictions, what)
        return predictions

    def ask(self, package: dict[str, Any]) -> list[Prediction]:
        """One request for each held-out example of the package."""
        return predict_samples(
            self.client("s3"),
            self.client("sagemaker-runtime"),
            endpoint=self.endpoint,
            samples_uri=package["CustomerMetadataProperties"]["samples"],
        )

    def _state_machine_arn(self) -> str:
        key = names.output_key("DeploymentStateMachineArn", self.workload)
        return output(self.environment.outputs, key)

    def _explain_intake(self) -> str:
        state_machine = output(self.environment.outputs, "IntakeStateMachineArn")
        seen = explain_intake(self.client("stepfunctions"), state_machine)
        return f"{seen}\n{self._logs()}"

    def _logs(self) -> str:
        return (
            f"The Lambdas' and the services' log: {self.environment.cloud.settings.log_file}\n"
            "`make demo` tries again on the same local cloud; `make destroy demo` starts afresh."
        )


def report_uri(package: dict[str, Any]) -> str:
    """Where the evaluation report on a package's model is."""
    uri: str = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    return uri


def every(step: int, tell: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """A progress callback that speaks at each ``step`` files only."""

    def progress(done: int, total: int) -> None:
        if done % step == 0 and done < total:
            tell(done, total)

    return progress
