"""Stop the transform jobs that are on their way: nobody would stop them, and they are billed."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code
from lambdas.shared.custom_resource import Deadline


def stop_jobs(sagemaker: Any, *, prefix: str, deadline: Deadline) -> list[str]:
    """Names of the jobs, which begin with `prefix`, that were stopped.

    Raises:
        OutOfTimeError: there are more of them.
        ClientError: SageMaker refuses.
    """
    pages = sagemaker.get_paginator("list_transform_jobs").paginate(
        NameContains=prefix, StatusEquals="InProgress"
    )
    found = [each["TransformJobName"] for page in pages for each in page["TransformJobSummaries"]]
    # NameContains finds the text anywhere in a name.
    mine = [name for name in found if name.startswith(prefix)]
    for name in mine:
        deadline.check(f"stopping the transform job {name}")
        try:
            sagemaker.stop_transform_job(TransformJobName=name)
        except ClientError as error:
            # It has ended meanwhile.
            if error_code(error) != "ValidationException":
                raise
    return mine
