"""Start the pipeline on a dataset version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Run:
    """Attributes:
    arn: of the pipeline execution.
    status_before: of an execution that this dataset version had already started, else None.
    """

    arn: str
    status_before: str | None


def start_run(
    sagemaker: Any, *, pipeline: str, dataset_version: str, manifest_uri: str, known: bool, now: int
) -> Run:
    """Start the pipeline; its token makes one execution of any number of starts.

    Args:
        known: whether the dataset version's manifest was there before.
        now: ms since the epoch.

    Raises:
        ClientError: SageMaker refuses.
    """
    arn = sagemaker.start_pipeline_execution(
        PipelineName=pipeline,
        ClientRequestToken=dataset_version,
        PipelineParameters=[
            {"Name": "DatasetManifest", "Value": manifest_uri},
            {"Name": "DatasetVersion", "Value": dataset_version},
        ],
    )["PipelineExecutionArn"]
    if not known:
        return Run(arn=arn, status_before=None)
    execution = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    if execution["CreationTime"].timestamp() * 1000 >= now:
        return Run(arn=arn, status_before=None)
    return Run(arn=arn, status_before=execution["PipelineExecutionStatus"])
