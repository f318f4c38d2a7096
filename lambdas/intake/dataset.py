"""Keep a manifest, and start the pipeline on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code

_CONFLICT_ATTEMPTS = 4


def put_once(
    s3: Any,
    *,
    bucket: str,
    key: str,
    content: bytes,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Write a manifest that is named after its content.

    Returns:
        False if it was there already, and thus is the same.

    Raises:
        ClientError: S3 refuses.
    """
    for attempt in range(1, _CONFLICT_ATTEMPTS + 1):
        try:
            s3.put_object(
                Bucket=bucket,
                Key=key,
                Body=content,
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except ClientError as error:
            code = error_code(error)
            if code == "PreconditionFailed":
                return False
            # Another write of the same name is under way; it may fail, so ask again.
            if code != "ConditionalRequestConflict" or attempt == _CONFLICT_ATTEMPTS:
                raise
            sleep(0.2 * 2**attempt)
        else:
            return True
    raise AssertionError("unreachable: the last attempt returns or raises")


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
