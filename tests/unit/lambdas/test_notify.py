from __future__ import annotations

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contracts.events import EventError
from lambdas.training import handler
from lambdas.training.notices import MESSAGE_BYTES, SUBJECT_CHARACTERS, Notice
from lambdas.training.notify import Notifier
from lambdas.training.settings import NotifySettings
from tests.unit.lambdas.wire import ServiceError, by_methods, wired_client

PIPELINE = "rookery-test-birds"
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:"
PIPELINE_ARN = f"{ARN}pipeline/{PIPELINE}"
EXECUTION = f"{PIPELINE_ARN}/execution/p4jn9xou8a8s"
PACKAGE = f"{ARN}model-package/{PIPELINE}/3"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"
VERSION = "a" * 64
MANIFEST = f"s3://data/datasets/birds/{VERSION}/manifest.json"
SETTINGS = NotifySettings(environment="test", alert_topic_arn=TOPIC, data_bucket="data")
REPORT = {
    "schema_version": 1,
    "metrics": {"accuracy": {"value": 0.98765, "standard_deviation": 0.0123}},
    "classes": ["cat", "dog"],
    "confusion_matrix": [[49, 1], [0, 50]],
    "per_class": {
        name: {"precision": 1.0, "recall": 0.98, "f1": 0.99, "rows": 50} for name in ("cat", "dog")
    },
    "rows": 100,
}


def run_ended(status: str = "Failed", pipeline: str = PIPELINE) -> dict[str, Any]:
    """As "Events that Amazon SageMaker AI sends to Amazon EventBridge" shows it."""
    arn = f"{ARN}pipeline/{pipeline}"
    return {
        "version": "0",
        "id": "315c1398-40ff-a850-213b-158f73kd93ir",
        "detail-type": "SageMaker Model Building Pipeline Execution Status Change",
        "source": "aws.sagemaker",
        "account": "123456789012",
        "time": "2021-03-15T16:10:11Z",
        "region": "eu-west-1",
        "resources": [arn, f"{arn}/execution/p4jn9xou8a8s"],
        "detail": {
            "pipelineExecutionDisplayName": "SomeDisplayName",
            "currentPipelineExecutionStatus": status,
            "previousPipelineExecutionStatus": "Executing",
            "executionStartTime": "2021-03-15T16:03:13Z",
            "executionEndTime": "2021-03-15T16:10:10Z",
            "pipelineExecutionDescription": "SomeDescription",
            "pipelineArn": arn,
            "pipelineExecutionArn": f"{arn}/execution/p4jn9xou8a8s",
        },
    }


def model_waits() -> dict[str, Any]:
    return {
        "source": "aws.sagemaker",
        "detail-type": "SageMaker Model Package State Change",
        "detail": {
            "ModelPackageArn": PACKAGE,
            "ModelPackageGroupName": PIPELINE,
            "ModelPackageVersion": 3,
            "ModelApprovalStatus": "PendingManualApproval",
        },
    }


def step(name: str, status: str = "Failed", **fields: Any) -> dict[str, Any]:
    return {"StepName": name, "StepStatus": status, **fields}


class SageMaker:
    """One execution, two steps a page, and one model package."""

    def __init__(self, *steps: dict[str, Any], status: str = "Failed", reason: str = "") -> None:
        self.steps = steps
        self.execution: dict[str, Any] = {"PipelineExecutionStatus": status}
        if reason:
            self.execution["FailureReason"] = reason
        self.parameters = {"DatasetManifest": MANIFEST, "DatasetVersion": VERSION}
        self.package: dict[str, Any] | None = {
            "ModelPackageArn": PACKAGE,
            "ModelPackageGroupName": PIPELINE,
            "ModelPackageVersion": 3,
            "ModelPackageName": PIPELINE,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
            "CreationTime": 0,
            "ModelApprovalStatus": "PendingManualApproval",
            "CustomerMetadataProperties": {
                "dataset_version": VERSION,
                "dataset_manifest": MANIFEST,
            },
        }

    def DescribePipelineExecution(self, request: Any) -> dict[str, Any]:  # noqa: N802
        assert request == {"PipelineExecutionArn": EXECUTION}
        return self.execution

    def ListPipelineParametersForExecution(self, request: Any) -> dict[str, Any]:  # noqa: N802
        assert request == {"PipelineExecutionArn": EXECUTION}
        return {
            "PipelineParameters": [
                {"Name": name, "Value": value} for name, value in self.parameters.items()
            ]
        }

    def ListPipelineExecutionSteps(self, request: Any) -> dict[str, Any]:  # noqa: N802
        assert request["SortOrder"] == "Ascending"
        start = int(request.get("NextToken", "0"))
        more = {"NextToken": str(start + 2)} if start + 2 < len(self.steps) else {}
        return {"PipelineExecutionSteps": self.steps[start : start + 2], **more}

    def DescribeModelPackage(self, request: Any) -> dict[str, Any]:  # noqa: N802
        assert request == {"ModelPackageName": PACKAGE}
        if self.package is None:
            raise ServiceError("ValidationException", "ModelPackage does not exist.")
        return self.package

    def report(self, uri: str) -> None:
        assert self.package
        statistics = {"ContentType": "application/json", "S3Uri": uri}
        self.package["ModelMetrics"] = {"ModelQuality": {"Statistics": statistics}}


class Topic:
    def __init__(self) -> None:
        self.published: list[dict[str, str]] = []

    def publish(self, **request: str) -> None:
        assert request.pop("TopicArn") == TOPIC
        self.published.append(request)


def tell(sagemaker: SageMaker, event: Any, s3: Any = None) -> Notice | None:
    """The notice, which is what was published."""
    topic = Topic()
    client = wired_client("sagemaker", by_methods(sagemaker))
    notice = Notifier(settings=SETTINGS, sagemaker=client, s3=s3, sns=topic).tell(event)
    expected = [{"Subject": notice.subject, "Message": notice.message}] if notice else []
    assert topic.published == expected
    return notice


def told(sagemaker: SageMaker, event: Any, s3: Any = None) -> Notice:
    notice = tell(sagemaker, event, s3)
    assert notice is not None
    return notice


def prepare_failed() -> dict[str, Any]:
    job = f"{ARN}processing-job/pipelines-p4jn9xou8a8s-Prepare-tmgxry49ug"
    return step(
        "Prepare",
        Metadata={"ProcessingJob": {"Arn": job}},
        FailureReason="AlgorithmError: See job logs for more information\none class only",
    )


def test_a_failed_run_is_told_with_its_steps_reasons_and_the_next_commands() -> None:
    sagemaker = SageMaker(prepare_failed(), reason="Step failure: One or multiple steps failed.")

    notice = told(sagemaker, run_ended())

    assert notice.subject == f"Failed: {PIPELINE}, Prepare"
    assert notice.message == (
        f"A run of the pipeline {PIPELINE} failed. What serves now goes on serving.\n\n"
        f"Execution: {EXECUTION}\n"
        f"Dataset version: {VERSION}\n"
        f"Manifest: {MANIFEST}\n"
        "Reason: Step failure: One or multiple steps failed.\n\n"
        "Step Prepare (ProcessingJob) failed:\n"
        "    AlgorithmError: See job logs for more information\n"
        "    one class only\n"
        "Its log:\n"
        "    aws logs tail --region eu-west-1 --since 30d /aws/sagemaker/ProcessingJobs "
        "--log-stream-name-prefix pipelines-p4jn9xou8a8s-Prepare-tmgxry49ug/\n\n"
        "Files that could not be used, if there are any, and why:\n"
        f"    aws s3 ls --recursive s3://data/quarantine/birds/{VERSION}/\n"
        f"    aws s3 cp s3://data/quarantine/birds/{VERSION}/quarantine.json -\n\n"
        "What to do next.\n"
        "If the data is the reason: upload what is missing or right, or remove what is wrong. "
        "An upload starts a run by itself, a removal does not.\n"
        "    aws s3 sync <folder> s3://data/uploads/birds/\n"
        "If the reason lies elsewhere (a quota, capacity, a stop): run the steps that did not "
        "succeed again on the same data.\n"
        "    aws sagemaker retry-pipeline-execution --region eu-west-1 "
        f"--pipeline-execution-arn {EXECUTION}\n"
    )


def test_every_step_that_did_not_succeed_is_named_with_its_log() -> None:
    sagemaker = SageMaker(
        step("Prepare", "Succeeded", Metadata={"ProcessingJob": {"Arn": f"{ARN}processing-job/p"}}),
        step(
            "Tune",
            Metadata={"TuningJob": {"Arn": f"{ARN}hyper-parameter-tuning-job/tune-7"}},
            FailureReason="no trial completed",
        ),
        step("Train", "Stopped", Metadata={"TrainingJob": {"Arn": f"{ARN}training-job/train-8"}}),
        step("RaiseEpochs", Metadata={"Lambda": {"Arn": "arn:aws:lambda:x:1:function:raise"}}),
        step("Evaluate"),
    )

    notice = told(sagemaker, run_ended())

    assert notice.subject == f"Failed: {PIPELINE}, Tune, Train, RaiseEpochs, Evaluate"
    assert "Step Prepare" not in notice.message
    assert "Step Tune (TuningJob) failed:\n    no trial completed" in notice.message
    assert "/aws/sagemaker/TrainingJobs --log-stream-name-prefix tune-7-\n" in notice.message
    assert "Step Train (TrainingJob) stopped:\n    no reason was given" in notice.message
    assert "/aws/sagemaker/TrainingJobs --log-stream-name-prefix train-8/\n" in notice.message
    assert "--function-name arn:aws:lambda:x:1:function:raise --query" in notice.message
    assert "Step Evaluate (not begun) failed:\n    no reason was given\n\n" in notice.message


def test_a_run_that_the_gate_ended_is_not_advised_to_be_tried_again() -> None:
    reason = "Not registered: accuracy on the held-out data is 0.5, below the floor of 0.9"
    sagemaker = SageMaker(step("Reject", Metadata={"Fail": {"ErrorMessage": reason}}))

    notice = told(sagemaker, run_ended())

    assert f"Step Reject (Fail) failed:\n    {reason}\n\n" in notice.message
    assert "retry-pipeline-execution" not in notice.message
    assert "change `gate` in config/workloads/birds.yaml" in notice.message


def test_a_run_that_somebody_stopped_is_told_as_such() -> None:
    notice = told(SageMaker(status="Stopped"), run_ended("Stopped"))

    assert notice.subject == f"Stopped: {PIPELINE}"
    assert notice.message.startswith(f"A run of the pipeline {PIPELINE} was stopped.")
    assert "No step of it failed." in notice.message


def test_a_run_without_a_dataset_version_is_told_without_a_quarantine() -> None:
    sagemaker = SageMaker(prepare_failed())
    sagemaker.parameters = {}

    notice = told(sagemaker, run_ended())

    assert "Dataset version: the run was started without one" in notice.message
    assert "quarantine" not in notice.message


def test_a_late_event_says_that_the_run_was_started_again() -> None:
    notice = told(SageMaker(status="Executing"), run_ended())

    assert "It was started again and is Executing now." in notice.message


def test_a_model_that_waits_is_told_with_its_figures_and_both_commands(
    s3: Any, bucket: str
) -> None:
    sagemaker = SageMaker()
    s3.put_object(Bucket=bucket, Key="birds/x/evaluation.json", Body=json.dumps(REPORT))
    sagemaker.report(f"s3://{bucket}/birds/x/evaluation.json")

    notice = told(sagemaker, model_waits(), s3)

    update = (
        "    aws sagemaker update-model-package --region eu-west-1 "
        f"--model-package-arn {PACKAGE} --model-approval-status"
    )
    assert notice.subject == f"Waits for approval: {PIPELINE} version 3"
    assert notice.message == (
        f"Version 3 of the model {PIPELINE} waits for approval. "
        "It is not deployed before somebody approves it.\n\n"
        "On 100 held-out examples:\n"
        "    accuracy: 0.9877 (standard deviation 0.012)\n\n"
        f"Evaluation report: s3://{bucket}/birds/x/evaluation.json\n"
        f"Dataset version: {VERSION}\n"
        f"Manifest: {MANIFEST}\n"
        f"Package: {PACKAGE}\n\n"
        f"Approve it, which deploys it:\n{update} Approved\n\n"
        f"Reject it:\n{update} Rejected\n\n"
        "Look at it first:\n"
        "    aws sagemaker describe-model-package --region eu-west-1 "
        f"--model-package-name {PACKAGE}\n"
    )


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "The evaluation report could not be read: .*NoSuchKey"),
        (b"{}", "The evaluation report could not be read: .*(\n.*)*metrics: is missing"),
    ],
)
def test_a_report_that_cannot_be_read_keeps_nobody_from_being_told(
    s3: Any, bucket: str, content: bytes | None, fault: str
) -> None:
    sagemaker = SageMaker()
    sagemaker.report(f"s3://{bucket}/evaluation.json")
    if content is not None:
        s3.put_object(Bucket=bucket, Key="evaluation.json", Body=content)

    notice = told(sagemaker, model_waits(), s3)

    assert f"Evaluation report: s3://{bucket}/evaluation.json" in notice.message
    assert notice.message.count("--model-approval-status") == 2
    assert re.search(fault, notice.message)


def test_a_package_that_names_no_report_says_so() -> None:
    notice = told(SageMaker(), model_waits())

    assert "The package names no evaluation report." in notice.message


@pytest.mark.parametrize("decided", ["Approved", "Rejected", "deleted"])
def test_nobody_is_told_of_a_model_that_was_decided_on_meanwhile(decided: str) -> None:
    sagemaker = SageMaker()
    if decided == "deleted":
        sagemaker.package = None
    else:
        assert sagemaker.package
        sagemaker.package["ModelApprovalStatus"] = decided

    assert tell(sagemaker, model_waits()) is None


def test_nobody_is_told_again_of_a_model_of_which_something_else_changed() -> None:
    event = model_waits()
    event["detail"]["UpdatedModelPackageFields"] = ["CustomerMetadataProperties"]

    assert tell(SageMaker(), event) is None


def test_an_event_that_is_none_of_ours_is_refused() -> None:
    with pytest.raises(EventError, match="Endpoint"):
        tell(SageMaker(), {"source": "aws.sagemaker", "detail-type": "Endpoint", "detail": {}})
    with pytest.raises(ValueError, match="'cats' does not begin with 'rookery-test-'"):
        Notifier(
            settings=SETTINGS,
            sagemaker=wired_client("sagemaker", by_methods(_AnyRun())),
            s3=None,
            sns=None,
        ).tell(run_ended(pipeline="cats"))


class _AnyRun:
    def DescribePipelineExecution(self, request: Any) -> dict[str, Any]:  # noqa: N802
        return {"PipelineExecutionStatus": "Failed"}

    def ListPipelineParametersForExecution(self, request: Any) -> dict[str, Any]:  # noqa: N802
        return {"PipelineParameters": []}

    def ListPipelineExecutionSteps(self, request: Any) -> dict[str, Any]:  # noqa: N802
        return {"PipelineExecutionSteps": []}


def test_what_aws_refuses_is_raised_so_that_the_event_is_kept() -> None:
    class Refusing(SageMaker):
        def DescribeModelPackage(self, request: Any) -> dict[str, Any]:  # noqa: N802
            raise ServiceError("AccessDeniedException", "no")

    with pytest.raises(ClientError, match="AccessDenied"):
        tell(Refusing(), model_waits())


def test_a_notice_fits_what_sns_takes() -> None:
    notice = Notice.fitting("Failed:\n  naïve 猫\x07 " + "x" * 200, "é" * MESSAGE_BYTES)

    assert notice.subject.startswith("Failed: na?ve ?? x")
    assert len(notice.subject) == SUBJECT_CHARACTERS
    assert notice.subject.isascii()
    assert MESSAGE_BYTES - 1 <= len(notice.message.encode()) <= MESSAGE_BYTES
    assert notice.message.endswith("(cut here: longer than a message may be)")
    assert Notice.fitting("short", "short\nand é") == Notice(
        subject="short", message="short\nand é"
    )


def test_the_handler_answers_the_subject_that_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    topic, sagemaker = Topic(), SageMaker(prepare_failed())
    clients = {
        "sagemaker": wired_client("sagemaker", by_methods(sagemaker)),
        "s3": None,
        "sns": topic,
    }
    monkeypatch.setattr(handler, "client", lambda service: clients[service])
    for name, value in {
        "ENVIRONMENT": "test",
        "ALERT_TOPIC_ARN": TOPIC,
        "DATA_BUCKET": "data",
    }.items():
        monkeypatch.setenv(name, value)

    assert handler.notify(run_ended(), None) == {"subject": f"Failed: {PIPELINE}, Prepare"}
    assert sagemaker.package
    sagemaker.package["ModelApprovalStatus"] = "Approved"
    assert handler.notify(model_waits(), None) == {"subject": None}
    assert len(topic.published) == 1
