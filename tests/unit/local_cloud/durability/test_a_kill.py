"""kill -9 of a real local cloud: what was answered is there after the next start."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil

from local_cloud import process
from tests.local_cloud_fixture import RunningCloud, running_cloud

TRUSTS = ["sagemaker.amazonaws.com"]
WAITING = {
    "Resources": {
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Signal": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "600"},
        },
    }
}
"""Nobody signals."""


def kill(cloud: RunningCloud) -> None:
    """SIGKILL of the server alone, as it is: what it started has to notice."""
    process_id = process.pid(cloud.settings.state_dir)
    assert process_id is not None
    server = psutil.Process(process_id)
    os.kill(process_id, signal.SIGKILL)
    server.wait(timeout=10)


def test_what_was_answered_outlasts_a_kill(tmp_path: Path) -> None:
    with running_cloud(tmp_path / "cloud") as cloud:
        sqs, s3 = cloud.client("sqs"), cloud.client("s3")
        queue = sqs.create_queue(QueueName="before")["QueueUrl"]
        s3.create_bucket(Bucket="before")
        s3.put_bucket_versioning(Bucket="before", VersioningConfiguration={"Status": "Enabled"})
        for content in (b"first", b"second"):
            s3.put_object(Bucket="before", Key="object", Body=content)
        sqs.send_message(QueueUrl=queue, MessageBody="last")
        role = cloud.role("before", [], trusts=TRUSTS)
        cloud.client("cloudformation").create_stack(
            StackName="waits", TemplateBody=json.dumps(WAITING)
        )
        kill(cloud)
        with running_cloud(cloud.settings.state_dir) as again:
            assert again.client("iam").get_role(RoleName="before")["Role"]["Arn"] == role
            s3 = again.client("s3")
            assert s3.get_object(Bucket="before", Key="object")["Body"].read() == b"second"
            versions = s3.list_object_versions(Bucket="before")["Versions"]
            assert len(versions) == 2
            received = again.client("sqs").receive_message(QueueUrl=queue)
            assert [one["Body"] for one in received["Messages"]] == ["last"]
            stacks = again.client("cloudformation")
            (stack,) = stacks.describe_stacks(StackName="waits")["Stacks"]
            assert stack["StackStatus"] == "ROLLBACK_FAILED"
            assert "local cloud stopped" in stack["StackStatusReason"]
            last = stacks.describe_stack_events(StackName="waits")["StackEvents"][0]
            assert last["ResourceStatus"] == "ROLLBACK_FAILED"
            stacks.delete_stack(StackName="waits")
            stacks.get_waiter("stack_delete_complete").wait(
                StackName="waits", WaiterConfig={"Delay": 1}
            )
