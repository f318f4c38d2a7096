"""The main job, stage by stage."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from contracts import names
from demo import deploy, summary
from demo.clock import StageClock, spell
from demo.cloud import Cloud
from demo.digits_dataset import write_digits
from demo.errors import DemoError
from demo.follow import follow_run, wait_for_deployment, wait_for_run
from demo.intake_state import explain_intake
from demo.outputs import output, read_outputs
from demo.predict import Prediction, predict_samples
from demo.registry import approve, registered_package
from demo.run_state import RunState
from demo.upload import upload_folder
from demo.view import view_for
from local_cloud import process
from local_cloud.settings import LocalCloudSettings

ENVIRONMENT = "local"


@dataclass(frozen=True, kw_only=True)
class MainJob:
    """One run of the demo.

    ``folder`` takes what the demo writes itself (logs, the pictures); the local cloud
    keeps its state in ``settings.state_dir``.
    """

    workload: str
    settings: LocalCloudSettings
    folder: Path
    console: Console
    clock: StageClock

    def say(self, line: str) -> None:
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def heading(self, line: str) -> None:
        self.console.print(f"\n[bold]{line}[/bold]", highlight=False, soft_wrap=True)

    def run(self) -> None:
        """All of it. Raises DemoError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        cloud = self._start()
        self._deploy(cloud)
        outputs = self._outputs(cloud)
        uploaded_at = self._upload(cloud, outputs)
        run_arn, run = self._train(cloud, outputs, uploaded_at)
        package = self._deploy_model(cloud, registered_package(cloud.client("sagemaker"), run))
        predictions = self._predict(cloud, package)
        self._summarise(cloud, outputs, package, predictions, run_arn)

    def _start(self) -> Cloud:
        self.heading("1  local cloud")
        with self.clock.stage("start the local cloud"):
            settings = process.start(self.settings, any_port=True)
        self.say(f"listening on {settings.endpoint_url}, state in {settings.state_dir}")
        return Cloud(settings)

    def _deploy(self, cloud: Cloud) -> None:
        self.heading("2  cdk bootstrap, cdk deploy --all -c env=local")
        log = self.folder / "cdk.log"
        log.write_text("")
        with self.clock.stage("cdk bootstrap"):
            deploy.bootstrap(
                cloud.environment,
                account=cloud.settings.account_id,
                region=cloud.settings.region,
                log=log,
                say=self.say,
            )
        with self.clock.stage("cdk deploy"):
            deploy.deploy(cloud.environment, name=ENVIRONMENT, log=log, say=self.say)

    def _outputs(self, cloud: Cloud) -> dict[str, str]:
        return read_outputs(
            cloud.client("cloudformation"), stack_prefix=names.stack_name(ENVIRONMENT, "")
        )

    def _upload(self, cloud: Cloud, outputs: dict[str, str]) -> datetime:
        bucket = output(outputs, "DataBucketName")
        prefix = names.upload_prefix(self.workload)
        self.heading(f"3  upload to s3://{bucket}/{prefix}")
        with (
            self.clock.stage("upload"),
            tempfile.TemporaryDirectory(dir=self.folder) as pictures,
        ):
            write_digits(Path(pictures))
            count = upload_folder(
                cloud.client("s3"),
                Path(pictures),
                bucket=bucket,
                prefix=prefix,
                progress=every(500, lambda done, total: self.say(f"{done} of {total} pictures")),
            )
        self.say(f"{count} pictures (scikit-learn's scanned digits, 32x32 RGB PNG) uploaded")
        return datetime.now(UTC)

    def _train(
        self, cloud: Cloud, outputs: dict[str, str], since: datetime
    ) -> tuple[str, RunState]:
        self.heading("4  the upload starts the SageMaker Pipeline")
        sagemaker = cloud.client("sagemaker")
        pipeline = names.pipeline_name(ENVIRONMENT, self.workload)
        with self.clock.stage("intake (gather until quiet)"):
            arn = wait_for_run(
                sagemaker,
                pipeline=pipeline,
                since=since,
                explain=lambda: self._explain_intake(cloud, outputs),
            )
        self.say(f"execution {arn}")
        began = time.monotonic()
        run = follow_run(sagemaker, cloud.client("logs"), arn, view_for(self.console, self.say))
        for step in run.steps:
            self.clock.seconds[f"pipeline: {step.name}"] = step.seconds
        rest = time.monotonic() - began - sum(step.seconds for step in run.steps)
        self.clock.seconds["pipeline: between steps"] = max(0.0, rest)
        return arn, run

    def _deploy_model(self, cloud: Cloud, package: dict[str, Any]) -> dict[str, Any]:
        self.heading("5  approve the model package; the approval starts the deployment")
        sagemaker = cloud.client("sagemaker")
        approved_at = package["CreationTime"]
        with self.clock.stage("approve and deploy"):
            if package["ModelApprovalStatus"] != "Approved":
                approved_at = datetime.now(UTC)
                approve(sagemaker, package["ModelPackageArn"])
            self.say(f"approved {package['ModelPackageArn']}")
            wait_for_deployment(
                cloud.client("stepfunctions"),
                state_machine_arn=self._state_machine_arn(cloud),
                package_arn=package["ModelPackageArn"],
                since=approved_at,
                say=self.say,
                explain=lambda: self._logs(cloud),
            )
        return package

    def _predict(self, cloud: Cloud, package: dict[str, Any]) -> list[Prediction]:
        self.heading("6  predictions through InvokeEndpoint")
        with self.clock.stage("predictions"):
            predictions = predict_samples(
                cloud.client("s3"),
                cloud.client("sagemaker-runtime"),
                endpoint=names.endpoint_name(ENVIRONMENT, self.workload),
                samples_uri=package["CustomerMetadataProperties"]["samples"],
            )
        summary.print_predictions(self.console, predictions)
        return predictions

    def _summarise(
        self,
        cloud: Cloud,
        outputs: dict[str, str],
        package: dict[str, Any],
        predictions: list[Prediction],
        run_arn: str,
    ) -> None:
        self.heading("summary")
        report_uri = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
        report = summary.read_report(cloud.client("s3"), report_uri)
        page = self.folder / "evaluation.html"
        summary.save_page(cloud.client("s3"), report_uri, page)
        summary.print_confusion_matrix(self.console, report)
        summary.print_clock(self.console, self.clock)
        container = package["InferenceSpecification"]["Containers"][0]
        summary.print_places(
            self.console,
            {
                "pipeline run": run_arn,
                "evaluation report": report_uri,
                "its page": str(page),
                "model": container["ModelDataUrl"],
                "model package": package["ModelPackageArn"],
                "endpoint": names.endpoint_name(ENVIRONMENT, self.workload),
                "local cloud's log": str(cloud.settings.log_file),
                "jobs' logs": f"{cloud.settings.jobs_dir}/<job>, and CloudWatch Logs",
                "CDK's log": str(self.folder / "cdk.log"),
                "look further": 'eval "$(make -s env)", then any call of the AWS CLI or an SDK',
                "end it": "`make stop` keeps the state, `make destroy` removes all of it",
            },
        )
        right = sum(item.predicted == item.label for item in predictions)
        accuracy = report["metrics"]["accuracy"]["value"]
        self.say(
            f"\ntest accuracy {accuracy:.4f} on {report['rows']} pictures that no training or "
            f"tuning job saw; {right} of {len(predictions)} live predictions right; "
            f"{spell(self.clock.total)} in all"
        )

    def _state_machine_arn(self, cloud: Cloud) -> str:
        name = names.deployment_state_machine_name(ENVIRONMENT, self.workload)
        settings = cloud.settings
        return f"arn:aws:states:{settings.region}:{settings.account_id}:stateMachine:{name}"

    def _explain_intake(self, cloud: Cloud, outputs: dict[str, str]) -> str:
        state_machine = output(outputs, "IntakeStateMachineArn")
        seen = explain_intake(cloud.client("stepfunctions"), state_machine)
        return f"{seen}\n{self._logs(cloud)}"

    def _logs(self, cloud: Cloud) -> str:
        return (
            f"The Lambdas' and the services' log: {cloud.settings.log_file}\n"
            "`make demo` tries again on the same local cloud; `make destroy demo` starts afresh."
        )


def every(step: int, tell: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """A progress callback that speaks at each ``step`` files only."""

    def progress(done: int, total: int) -> None:
        if done % step == 0 and done < total:
            tell(done, total)

    return progress


def check_workload(workload: str, known: list[str]) -> None:
    """Raises DemoError that lists the workloads there are."""
    if workload not in known:
        raise DemoError(f"no workload `{workload}`; there are {', '.join(known)}")
