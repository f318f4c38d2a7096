"""What people are told of training, in plain words, with the exact commands of the next step.

SageMaker may send one event several times (contracts/events.py), and Lambda may deliver it
twice: a notice may then come twice as well. Nothing is acted on, so that does no harm.
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts import names
from lambdas.training.failed_run import FailedRun, FailedStep
from lambdas.training.waiting_package import WaitingPackage

# Limits of SNS's Publish: fewer than 100 ASCII characters, and 256 KB.
SUBJECT_CHARACTERS = 99
MESSAGE_BYTES = 256 * 1024

_CUT = "\n(cut here: longer than a message may be)"
_LOOK_BACK = "--since 30d"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A subject and a message that SNS takes; make one with `Notice.fitting`."""

    subject: str
    message: str

    @classmethod
    def fitting(cls, subject: str, message: str) -> Notice:
        """The notice, cut and spelled as SNS wants it."""
        printable = "".join(
            letter if letter.isascii() and letter.isprintable() else "?"
            for letter in " ".join(subject.split())
        )
        return cls(subject=printable[:SUBJECT_CHARACTERS], message=_cut(message))


def failed_run_notice(run: FailedRun, *, workload: str, data_bucket: str) -> Notice:
    """Which run ended without success, why, and what to do."""
    steps = ", ".join(step.name for step in run.steps)
    ended = "was stopped" if run.status == "Stopped" else run.status.lower()
    parts = [
        f"A run of the pipeline {run.pipeline} {ended}. What serves now goes on serving.",
        _lines(
            f"It was started again and is {run.status_now} now."
            if run.status_now != run.status
            else "",
            f"Execution: {run.execution_arn}",
            f"Dataset version: {run.dataset_version or 'the run was started without one'}",
            f"Manifest: {run.manifest}" if run.manifest else "",
            f"Reason: {run.reason}" if run.reason else "",
        ),
        *(_step(step, run.region) for step in run.steps),
    ]
    if not run.steps:
        parts.append("No step of it failed.")
    if run.dataset_version:
        parts.append(_quarantine(run, workload, data_bucket))
    parts.append(_next_steps(run, workload, data_bucket))
    return Notice.fitting(
        f"{run.status}: {run.pipeline}" + (f", {steps}" if steps else ""), "\n\n".join(parts) + "\n"
    )


def approval_notice(package: WaitingPackage) -> Notice:
    """Which model waits for whom, how good it is, and how to say yes or no."""
    update = (
        f"    aws sagemaker update-model-package --region {package.region} "
        f"--model-package-arn {package.arn} --model-approval-status"
    )
    metrics = [f"    {name}: {text}" for name, text in package.metrics.items()]
    parts = [
        f"Version {package.version} of the model {package.group} waits for approval. "
        "It is not deployed before somebody approves it.",
        _lines(
            f"On {package.rows} held-out examples:" if metrics else "",
            *metrics,
            package.report_fault,
        ),
        _lines(
            f"Evaluation report: {package.report_uri}" if package.report_uri else "",
            f"Dataset version: {package.dataset_version or 'the package does not say'}",
            f"Manifest: {package.manifest}" if package.manifest else "",
            f"Package: {package.arn}",
        ),
        _lines("Approve it, which deploys it:", f"{update} Approved"),
        _lines("Reject it:", f"{update} Rejected"),
        _lines(
            "Look at it first:",
            f"    aws sagemaker describe-model-package --region {package.region} "
            f"--model-package-name {package.arn}",
        ),
    ]
    return Notice.fitting(
        f"Waits for approval: {package.group} version {package.version}",
        "\n\n".join(filter(None, parts)) + "\n",
    )


def _step(step: FailedStep, region: str) -> str:
    log = _log_command(step, region)
    return _lines(
        f"Step {step.name} ({step.kind}) {step.status.lower()}:",
        *(f"    {line}" for line in (step.reason or "no reason was given").splitlines()),
        "Its log:" if log else "",
        f"    {log}" if log else "",
    )


def _log_command(step: FailedStep, region: str) -> str:
    """The command that prints the log of what the step ran, if it ran anything."""
    job = step.resource_arn.rsplit("/", 1)[-1]
    tail = f"aws logs tail --region {region} {_LOOK_BACK}"
    if not job:
        return ""
    if step.kind == "ProcessingJob":
        return f"{tail} /aws/sagemaker/ProcessingJobs --log-stream-name-prefix {job}/"
    if step.kind == "TrainingJob":
        return f"{tail} /aws/sagemaker/TrainingJobs --log-stream-name-prefix {job}/"
    if step.kind == "TuningJob":
        # Its trials are named after it.
        return f"{tail} /aws/sagemaker/TrainingJobs --log-stream-name-prefix {job}-"
    if step.kind == "Lambda":
        return (
            f"{tail} $(aws lambda get-function-configuration --region {region} --function-name "
            f"{step.resource_arn} --query LoggingConfig.LogGroup --output text)"
        )
    return ""


def _quarantine(run: FailedRun, workload: str, data_bucket: str) -> str:
    folder = f"s3://{data_bucket}/{names.quarantine_prefix(workload)}{run.dataset_version}/"
    return _lines(
        "Files that could not be used, if there are any, and why:",
        f"    aws s3 ls --recursive {folder}",
        f"    aws s3 cp {folder}quarantine.json -",
    )


def _next_steps(run: FailedRun, workload: str, data_bucket: str) -> str:
    uploads = f"s3://{data_bucket}/{names.upload_prefix(workload)}"
    better_data = (
        "If the data is the reason: upload what is missing or right, or remove what is wrong. "
        "An upload starts a run by itself, a removal does not.",
        f"    aws s3 sync <folder> {uploads}",
    )
    if run.refused:
        return _lines(
            "What to do next. The run itself did what it should: trying again changes nothing.",
            *better_data,
            "If too much is asked of the model: change `gate` in "
            f"config/workloads/{workload}.yaml, deploy, and upload again.",
        )
    return _lines(
        "What to do next.",
        *better_data,
        "If the reason lies elsewhere (a quota, capacity, a stop): run the steps that did not "
        "succeed again on the same data.",
        f"    aws sagemaker retry-pipeline-execution --region {run.region} "
        f"--pipeline-execution-arn {run.execution_arn}",
    )


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)


def _cut(message: str) -> str:
    content = message.encode()
    if len(content) <= MESSAGE_BYTES:
        return message
    # A character that the cut splits is dropped.
    kept = content[: MESSAGE_BYTES - len(_CUT.encode())].decode(errors="ignore")
    return kept + _CUT
