"""Prints what it costs a request that its change is on disk before it is answered.

    python -m benchmarks.durable_writes [N]

Of several services N changes (100 unless told) are made in a local cloud of their own, in turn with
the peer: a read of what was changed, which waits for no disk and is otherwise as long on its way.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.local_cloud_fixture import RunningCloud, running_cloud

NAME = "measured"
TRUST = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
TABLE = {
    "TableName": NAME,
    "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "key", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}

Call = Callable[[int], object]


def cases(cloud: RunningCloud) -> dict[str, tuple[Call, Call]]:
    """What is changed -> the change of this number, and the read of it."""
    iam, s3, sqs = cloud.client("iam"), cloud.client("s3"), cloud.client("sqs")
    ssm, dynamodb, sagemaker = (cloud.client(name) for name in ("ssm", "dynamodb", "sagemaker"))
    s3.create_bucket(Bucket=NAME)
    queue = sqs.create_queue(QueueName=NAME)["QueueUrl"]
    dynamodb.create_table(**TABLE)
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})

    def name(number: int) -> str:
        return f"{NAME}-{number}"

    def key(number: int) -> dict[str, dict[str, str]]:
        return {"key": {"S": name(number)}}

    return {
        "IAM: roles": (
            lambda n: iam.create_role(RoleName=name(n), AssumeRolePolicyDocument=trust),
            lambda n: iam.get_role(RoleName=name(n)),
        ),
        "SSM: parameters": (
            lambda n: ssm.put_parameter(Name=name(n), Value="x", Type="String"),
            lambda n: ssm.get_parameter(Name=name(n)),
        ),
        "DynamoDB: items": (
            lambda n: dynamodb.put_item(TableName=NAME, Item=key(n)),
            lambda n: dynamodb.get_item(TableName=NAME, Key=key(n)),
        ),
        "SQS: messages": (
            lambda n: sqs.send_message(QueueUrl=queue, MessageBody=name(n)),
            lambda _: sqs.get_queue_url(QueueName=NAME),
        ),
        "S3: objects": (
            lambda n: s3.put_object(Bucket=NAME, Key=name(n), Body=b"x"),
            lambda n: s3.get_object(Bucket=NAME, Key=name(n))["Body"].read(),
        ),
        "SageMaker: groups": (
            lambda n: sagemaker.create_model_package_group(ModelPackageGroupName=name(n)),
            lambda n: sagemaker.describe_model_package_group(ModelPackageGroupName=name(n)),
        ),
    }


def milliseconds(call: Call, number: int) -> float:
    started = time.perf_counter()
    call(number)
    return (time.perf_counter() - started) * 1000


def main() -> int:
    """Print the medians and their difference."""
    count = int(sys.argv[1]) if sys.argv[1:] else 100
    with tempfile.TemporaryDirectory() as folder, running_cloud(Path(folder)) as cloud:
        for what, (change, read) in cases(cloud).items():
            taken = [(milliseconds(change, n), milliseconds(read, n)) for n in range(count)]
            changes, reads = (statistics.median(column) for column in zip(*taken, strict=True))
            print(
                f"{what:<18} a change {changes:5.1f} ms, a read {reads:5.1f} ms: "
                f"{changes - reads:4.1f} ms more, {changes / reads:.1f} times"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
