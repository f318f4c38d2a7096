"""Names of AWS resources and places in S3: the one place that decides them.

`rookery-<environment>` is the prefix of what carries an explicit name; bucket names are left to
CloudFormation and read from stack outputs.
"""

from __future__ import annotations

LONGEST_TOGETHER = 38
"""Characters that the names of an environment and of a workload may have together.

SageMaker's names have 63 at most, and the longest made of both is that of a deployment's model:
`rookery-<environment>-<workload>-v<version, five digits>-<eight digits>`.
"""

UPLOADS = "uploads/"
DATASETS = "datasets/"
QUARANTINE = "quarantine/"
BATCH = "batch/"
EVALUATION = "evaluation"
EVALUATION_REPORT = "evaluation.json"
DEPLOYMENT_ALARMS = ("5xx", "latency", "wrong-answers")
"""What the alarms watch during an update: errors, ModelLatency p99, and the probe's answers."""
DEPLOYMENT_METRICS = "Rookery/Deployment"
"""Namespace of the metrics that deployments publish, with the dimension EndpointName."""
WRONG_ANSWERS = "WrongAnswers"
"""Share, 0 to 1, of the held-out samples that were answered wrong during an update so far; 0 as
long as they are no more than the smoke test allows."""
SAMPLE_FILES = "files"
"""Folder, beside samples.json, that holds nothing but held-out examples."""


class NameTooLongError(ValueError):
    """The names of an environment and of a workload that are too long together."""


def check_length(environment: str, workload: str) -> None:
    """Raises NameTooLongError where AWS would refuse a name made of both."""
    together = len(environment) + len(workload)
    if together > LONGEST_TOGETHER:
        raise NameTooLongError(
            f"the names of the environment {environment!r} and of the workload {workload!r} have "
            f"{together} characters together; SageMaker's names allow {LONGEST_TOGETHER}: "
            "shorten one of them"
        )


def prefix(environment: str) -> str:
    """Beginning of every explicit name in an environment."""
    return f"rookery-{environment}"


def stack_name(environment: str, word: str) -> str:
    """Name of the stack of a word: foundation, images, intake, training, deployment or
    serving."""
    return f"Rookery-{environment}-{word}"


def image_repository(environment: str, workload: str) -> str:
    """Name of the ECR repository of a workload's own image."""
    return f"{prefix(environment)}-{workload}"


def pipeline_name(environment: str, workload: str) -> str:
    """Name of a workload's SageMaker pipeline."""
    return f"{prefix(environment)}-{workload}"


def workload_of_pipeline(environment: str, pipeline: str) -> str:
    """The workload whose pipeline, package group or endpoint has this name.

    Raises:
        ValueError: the name is not one of the environment.
    """
    beginning = pipeline_name(environment, "")
    if not pipeline.startswith(beginning) or pipeline == beginning:
        raise ValueError(f"{pipeline!r} does not begin with {beginning!r} and a workload's name")
    return pipeline.removeprefix(beginning)


def model_package_group_name(environment: str, workload: str) -> str:
    """Name of the group that a workload's models are registered in."""
    return f"{prefix(environment)}-{workload}"


def endpoint_name(environment: str, workload: str) -> str:
    """Name of a workload's endpoint."""
    return f"{prefix(environment)}-{workload}"


def backlog_alarm_name(endpoint: str) -> str:
    """Name of the alarm that wakes an asynchronous endpoint which has no instance."""
    return f"{endpoint}-backlog"


def intake_state_machine_name(environment: str) -> str:
    """Name of the state machine that waits until an upload is complete."""
    return f"{prefix(environment)}-intake"


def deployment_state_machine_name(environment: str, workload: str) -> str:
    """Name of the state machine that brings a workload's approved models live."""
    return f"{prefix(environment)}-{workload}-deployment"


def champion_parameter(environment: str, workload: str) -> str:
    """Name of the SSM parameter that says which model serves (`contracts.champion_record`)."""
    return f"/rookery/{environment}/{workload}/champion"


def deployment_alarm_names(environment: str, workload: str) -> dict[str, str]:
    """Names of the alarms that roll an update of the endpoint back, by what they watch."""
    endpoint = endpoint_name(environment, workload)
    return {kind: f"{endpoint}-{kind}" for kind in DEPLOYMENT_ALARMS}


def promotion_role(environment: str) -> str:
    """Name of the role by which the next environment reads the packages of this one."""
    return f"{prefix(environment)}-promotion"


def promote_role(environment: str) -> str:
    """Name of the role of the function that brings packages into an environment; that role
    alone may assume the `promotion_role` of the environment before."""
    return f"{prefix(environment)}-promote"


def promotion_external_id(source: str, target: str) -> str:
    """What is said when the role is assumed, besides the right to do so."""
    return f"{prefix(source)}-to-{target}"


def promoted_run(source: str, version: int, digest: str) -> str:
    """In the place of a pipeline execution's id, in the keys of a promoted package's objects.

    Args:
        digest: that tells the version from one of the same number in a group made anew.
    """
    return f"promoted-{source}-v{version}-{digest}"


def batch_state_machine_name(environment: str, workload: str) -> str:
    """Name of the state machine that answers a workload's batches."""
    return f"{prefix(environment)}-{workload}-batch"


def batch_job_name(environment: str, workload: str, run: str, number: int) -> str:
    """Name of a batch run's transform job of this number, from 1; `run` ends with `-<8 hex>`."""
    return f"{batch_job_prefix(environment, workload)}{run.rpartition('-')[2]}-{number}"


def batch_job_prefix(environment: str, workload: str) -> str:
    """Beginning of the names of a workload's batch transform jobs."""
    return f"{prefix(environment)}-{workload}-b-"


def batch_input_prefix(workload: str) -> str:
    """Where, in the data bucket, files to be answered are uploaded; ends with a slash."""
    return f"{BATCH}{workload}/input/"


def batch_runs_prefix(workload: str) -> str:
    """Where a workload's batch runs are; ends with a slash."""
    return f"{BATCH}{workload}/runs/"


def batch_run_prefix(workload: str, run: str) -> str:
    """Where one batch run's manifest, results and report are; ends with a slash."""
    return f"{batch_runs_prefix(workload)}{run}/"


def batch_ledger_key(workload: str) -> str:
    """Key of what says which inputs were answered already."""
    return f"{BATCH}{workload}/ledger.json"


def upload_prefix(workload: str) -> str:
    """Where the user uploads, as `<class>/<file>` below it; ends with a slash."""
    return f"{UPLOADS}{workload}/"


def dataset_prefix(workload: str) -> str:
    """Where a workload's frozen datasets are; ends with a slash."""
    return f"{DATASETS}{workload}/"


def manifest_key(workload: str, dataset_version: str) -> str:
    """Key of a dataset version's manifest."""
    return f"{dataset_prefix(workload)}{dataset_version}/manifest.json"


def quarantine_prefix(workload: str) -> str:
    """Where a workload's rejected files are put; ends with a slash."""
    return f"{QUARANTINE}{workload}/"


def evaluation_report_key(workload: str, execution_id: str) -> str:
    """Key, in the artifact bucket, of the report on the model that a pipeline run trained."""
    return f"{artifact_prefix(workload)}{execution_id}/{EVALUATION}/{EVALUATION_REPORT}"


def artifact_prefix(workload: str) -> str:
    """A workload's part of the artifact bucket; ends with a slash."""
    return f"{workload}/"


def deployment_prefix(workload: str, execution_name: str) -> str:
    """Where a deployment lays what people look at, in the artifact bucket; ends with a slash."""
    return f"{artifact_prefix(workload)}deployments/{execution_name}/"


def captured_prefix(workload: str) -> str:
    """Where an endpoint's captured requests and answers are, in the artifact bucket."""
    return f"{artifact_prefix(workload)}captured/"


def async_prefix(workload: str) -> str:
    """Where requests and answers of an asynchronous endpoint are, in the artifact bucket."""
    return f"{artifact_prefix(workload)}async/"


def workload_of_key(key: str) -> str | None:
    """The workload that an object under the upload prefix belongs to, or None elsewhere."""
    if not key.startswith(UPLOADS):
        return None
    workload, slash, _ = key.removeprefix(UPLOADS).partition("/")
    return workload if workload and slash else None


def output_key(kind: str, workload: str) -> str:
    """Key of a stack output of one workload: `UploadUri` and `cifar-tensorflow` become
    `UploadUriCifarTensorflow` (CloudFormation takes letters and digits only)."""
    return kind + "".join(part.capitalize() for part in workload.split("-"))
