"""Roles as people make them for SageMaker: with AWS's managed policies and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_cloud_fixture import RunningCloud

POLICIES = "arn:aws:iam::aws:policy"


@pytest.fixture(scope="module")
def role(cloud: RunningCloud) -> str:
    arn = cloud.role("full-access", [], trusts=["sagemaker.amazonaws.com"])
    policy = f"{POLICIES}/AmazonSageMakerFullAccess"
    cloud.client("iam").attach_role_policy(RoleName="full-access", PolicyArn=policy)
    for bucket in ("sagemaker-examples", "other-examples"):
        cloud.client("s3").create_bucket(Bucket=bucket)
    return arn


def put(cloud: RunningCloud, role: str, bucket: str) -> Any:
    return cloud.client_as(role, "s3").put_object(Bucket=bucket, Key="model", Body=b"1")


def test_full_access_covers_sagemaker_and_the_buckets_that_have_it_in_their_names(
    cloud: RunningCloud, role: str
) -> None:
    client = cloud.client_as(role, "sagemaker")

    assert "TrainingJobSummaries" in client.list_training_jobs()
    assert put(cloud, role, "sagemaker-examples")["ETag"]


def test_full_access_covers_no_other_bucket(cloud: RunningCloud, role: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        put(cloud, role, "other-examples")


def test_a_reader_may_list_and_not_create(cloud: RunningCloud) -> None:
    arn = cloud.role("reader", [], trusts=["sagemaker.amazonaws.com"])
    policy = f"{POLICIES}/AmazonSageMakerReadOnly"
    cloud.client("iam").attach_role_policy(RoleName="reader", PolicyArn=policy)
    client = cloud.client_as(arn, "sagemaker")

    assert "PipelineSummaries" in client.list_pipelines()
    with pytest.raises(ClientError, match="sagemaker:CreateModelPackageGroup"):
        client.create_model_package_group(ModelPackageGroupName="not-mine")
