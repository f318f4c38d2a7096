"""Empty a model package group: CloudFormation deletes none that holds a package."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import is_missing
from lambdas.shared.custom_resource import Deadline


def empty_group(sagemaker: Any, *, group: str, deadline: Deadline) -> int:
    """Delete every package of a group; a group or package that is gone is fine.

    Returns:
        How many packages were deleted.

    Raises:
        OutOfTimeError: packages are left.
        ClientError: SageMaker refuses.
    """
    try:
        pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
        # All first: deleting while paging would skip some.
        packages = [
            package["ModelPackageArn"]
            for page in pages
            for package in page["ModelPackageSummaryList"]
        ]
    except ClientError as error:
        if is_missing(error):
            return 0
        raise
    for index, package in enumerate(packages):
        deadline.check(f"deleting model package {index + 1} of {len(packages)} of {group}")
        try:
            sagemaker.delete_model_package(ModelPackageName=package)
        except ClientError as error:
            if not is_missing(error):
                raise
    return len(packages)
