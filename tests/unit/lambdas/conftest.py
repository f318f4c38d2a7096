from __future__ import annotations

import uuid
from typing import Any

import pytest
from ministack.services import dynamodb as ministack_dynamodb
from ministack.services import s3 as ministack_s3

from tests.unit.lambdas.wire import through_ministack, wired_client


@pytest.fixture
def s3() -> Any:
    return wired_client("s3", through_ministack(ministack_s3.handle_request))


@pytest.fixture
def bucket(s3: Any) -> str:
    """A versioned bucket of its own for each test."""
    name = f"test-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture
def dynamodb() -> Any:
    return wired_client("dynamodb", through_ministack(ministack_dynamodb.handle_request))


@pytest.fixture
def table_name(dynamodb: Any) -> str:
    """A table of its own for each test."""
    name = f"test-{uuid.uuid4()}"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "workload", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "workload", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name
