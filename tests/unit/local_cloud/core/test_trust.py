"""Trust policies that guard against confused deputies, as AWS advises and many tools write."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_cloud_fixture import RunningCloud


def role(cloud: RunningCloud, name: str, condition: dict[str, Any]) -> str:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }
    made = cloud.client("iam").create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    return str(made["Role"]["Arn"])


def assume(cloud: RunningCloud, arn: str) -> str:
    """As services of the local cloud do, which act as the account's root."""
    answer = cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="job")
    return str(answer["AssumedRoleUser"]["Arn"])


def test_a_service_assumes_a_role_that_is_for_its_own_account(cloud: RunningCloud) -> None:
    condition = {
        "StringEquals": {"aws:SourceAccount": cloud.settings.account_id},
        "ArnLike": {"aws:SourceArn": f"arn:aws:sagemaker:*:{cloud.settings.account_id}:*"},
    }

    assert "/guarded/" in assume(cloud, role(cloud, "guarded", condition))


def test_a_service_does_not_assume_a_role_that_is_for_another_account(
    cloud: RunningCloud,
) -> None:
    arn = role(cloud, "of-others", {"StringEquals": {"aws:SourceAccount": "111122223333"}})

    with pytest.raises(ClientError, match="AccessDenied"):
        assume(cloud, arn)
