"""A policy may allow PutMetricData for one namespace, as AWS's condition key has it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_cloud_fixture import RunningCloud

METRIC = {"MetricName": "answers", "Value": 1.0}


@pytest.fixture(scope="module")
def cloudwatch(cloud: RunningCloud) -> Any:
    """A client that may publish in the namespace `Own`."""
    statement = {
        "Effect": "Allow",
        "Action": "cloudwatch:PutMetricData",
        "Resource": "*",
        "Condition": {"StringEquals": {"cloudwatch:namespace": "Own"}},
    }
    return cloud.client_as(cloud.role("publisher", [statement], trusts=[]), "cloudwatch")


def test_the_namespace_that_a_policy_names_is_allowed(cloudwatch: Any) -> None:
    answer = cloudwatch.put_metric_data(Namespace="Own", MetricData=[METRIC])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_another_namespace_is_not(cloudwatch: Any) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        cloudwatch.put_metric_data(Namespace="Another", MetricData=[METRIC])
