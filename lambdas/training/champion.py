"""The champion: the model that was approved last, laid beside the files of a run.

The run's own copy says for ever which model the new one was compared with, whatever becomes of
the registry and of the artifact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.shared.s3_uris import bucket_and_key

SCHEMA_VERSION = 1
FILE_NAME = "champion.json"
MODEL = "model.tar.gz"
NO_CHAMPION = "none"
"""What a pipeline step answers with: it cannot give back an empty text."""


class NoCheckpointsError(Exception):
    """A champion that a training cannot go on from."""


@dataclass(frozen=True, kw_only=True)
class Champion:
    """An approved model package, as far as a new training needs to know it.

    Attributes:
        metadata: its CustomerMetadataProperties.
    """

    arn: str
    model_uri: str
    metadata: Mapping[str, str]


def find_champion(sagemaker: Any, *, group: str) -> Champion | None:
    """The newest approved package of a group, or None.

    Raises:
        ClientError: SageMaker refuses.
    """
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
    )
    arns = (
        summary["ModelPackageArn"] for page in pages for summary in page["ModelPackageSummaryList"]
    )
    arn = next(arns, None)
    if arn is None:
        return None
    package = sagemaker.describe_model_package(ModelPackageName=arn)
    return Champion(
        arn=arn,
        model_uri=package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"],
        metadata=package.get("CustomerMetadataProperties", {}),
    )


def lay_beside(s3: Any, champion: Champion | None, *, prefix_uri: str) -> None:
    """Copy the champion's model under a prefix, beside `champion.json` that names it.

    Without a champion there is the file alone, with nulls.

    Raises:
        ClientError: S3 refuses.
    """
    bucket, prefix = bucket_and_key(prefix_uri)
    folder = prefix.rstrip("/")
    if champion is not None:
        _copy(s3, champion.model_uri, bucket=bucket, key=f"{folder}/{MODEL}")
    document = {
        "schema_version": SCHEMA_VERSION,
        "model_package_arn": champion.arn if champion else None,
        "dataset_version": champion.metadata.get("dataset_version") if champion else None,
    }
    s3.put_object(
        Bucket=bucket,
        Key=f"{folder}/{FILE_NAME}",
        Body=json.dumps(document, indent=2).encode(),
        ContentType="application/json",
    )


def copy_checkpoints(s3: Any, champion: Champion, *, prefix_uri: str) -> None:
    """Copy the champion's checkpoints to where the new training begins.

    Raises:
        NoCheckpointsError: the champion has none.
        ClientError: S3 refuses.
    """
    uri = champion.metadata.get("checkpoints")
    source_bucket, source = bucket_and_key(uri) if uri else ("", "")
    bucket, target = bucket_and_key(prefix_uri)
    copied = 0
    if uri:
        folder = f"{source.rstrip('/')}/"
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=source_bucket, Prefix=folder)
        for item in (item for page in pages for item in page.get("Contents", [])):
            key = f"{target.rstrip('/')}/{item['Key'].removeprefix(folder)}"
            _copy(s3, f"s3://{source_bucket}/{item['Key']}", bucket=bucket, key=key)
            copied += 1
    if not copied:
        raise NoCheckpointsError(
            f"{champion.arn} has no checkpoints to go on from (its metadata say "
            f"{uri or 'nothing of any'}): set training.start_from to scratch in the workload's "
            "file, or reject that package"
        )


def rounds_of(champion: Champion | None) -> int:
    """The boosting rounds that a champion was trained with; 0 without one."""
    return int(champion.metadata.get("num_round", 0)) if champion else 0


def _copy(s3: Any, uri: str, *, bucket: str, key: str) -> None:
    source_bucket, source_key = bucket_and_key(uri)
    # In parts where it is larger than one call copies.
    s3.copy({"Bucket": source_bucket, "Key": source_key}, bucket, key)
