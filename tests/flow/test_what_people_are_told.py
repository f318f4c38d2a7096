"""What reaches a subscriber of the alert topic, through the encrypted topic and real policies.

Last of the flow tests by its name: its upload makes the data unfit for a run.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable

import pytest
from PIL import Image

from contracts import names
from demo.cloud import Cloud
from tests.flow.chain import ENVIRONMENT, WORKLOAD

pytestmark = pytest.mark.flow

GROUP = names.model_package_group_name(ENVIRONMENT, WORKLOAD)
PIPELINE = names.pipeline_name(ENVIRONMENT, WORKLOAD)
# A run that fails at its first step takes some ten seconds; this is for slow machines.
PATIENCE_SECONDS = 120
Hear = Callable[[str], str]


@pytest.fixture(scope="module")
def hear(cloud: Cloud, outputs: dict[str, str]) -> Hear:
    """A function that waits for the notice whose subject begins so, and answers its message."""
    sqs = cloud.client("sqs")
    queue = sqs.create_queue(QueueName="a-subscriber")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    arn = attributes["Attributes"]["QueueArn"]
    # Without it the topic may not send to the queue, and says nothing.
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": outputs["AlertTopicArn"]}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    cloud.client("sns").subscribe(TopicArn=outputs["AlertTopicArn"], Protocol="sqs", Endpoint=arn)
    heard: list[tuple[str, str]] = []

    def wait_for(beginning: str) -> str:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2)
            for message in answer.get("Messages", []):
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                notice = json.loads(message["Body"])
                heard.append((notice["Subject"], notice["Message"]))
            for subject, text in heard:
                if subject.startswith(beginning):
                    return text
        pytest.fail(f"no notice began with {beginning!r}; heard were {heard}")

    return wait_for


def test_a_model_that_waits_is_told_with_the_figures_of_its_report(
    cloud: Cloud, outputs: dict[str, str], hear: Hear
) -> None:
    bucket = outputs["ArtifactBucketName"]
    report = names.evaluation_report_key(WORKLOAD, "by-hand")
    content = {
        "schema_version": 1,
        "metrics": {"accuracy": {"value": 0.98765, "standard_deviation": None}},
        "classes": ["0"],
        "confusion_matrix": [[100]],
        "per_class": {"0": {"precision": 1.0, "recall": 1.0, "f1": 1.0, "rows": 100}},
        "rows": 100,
    }
    model = f"{WORKLOAD}/by-hand/model.tar.gz"
    s3 = cloud.client("s3")
    s3.put_object(Bucket=bucket, Key=report, Body=json.dumps(content))
    s3.put_object(Bucket=bucket, Key=model, Body=b"never deployed")
    container = {
        "Image": "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-inference:2.19.0-cpu",
        "ModelDataUrl": f"s3://{bucket}/{model}",
    }
    statistics = {"ContentType": "application/json", "S3Uri": f"s3://{bucket}/{report}"}
    arn = cloud.client("sagemaker").create_model_package(
        ModelPackageGroupName=GROUP,
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        ModelMetrics={"ModelQuality": {"Statistics": statistics}},
    )["ModelPackageArn"]

    message = hear(f"Waits for approval: {GROUP} version {arn.rsplit('/', 1)[-1]}")

    assert "accuracy: 0.9877" in message
    assert f"--model-package-arn {arn} --model-approval-status Approved" in message
    assert f"--model-package-arn {arn} --model-approval-status Rejected" in message


def test_an_upload_that_cannot_be_trained_on_is_told_with_its_fault(
    cloud: Cloud, outputs: dict[str, str], hear: Hear
) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (32, 32)).save(picture, "PNG")
    cloud.client("s3").put_object(
        Bucket=outputs["DataBucketName"],
        Key=f"{names.upload_prefix(WORKLOAD)}lonely/only.png",
        Body=picture.getvalue(),
    )

    message = hear(f"Failed: {PIPELINE}, Prepare")

    assert "'lonely'" in message
    assert "/aws/sagemaker/ProcessingJobs --log-stream-name-prefix pipelines-" in message
    assert f"s3://{outputs['DataBucketName']}/quarantine/{WORKLOAD}/" in message
    assert "retry-pipeline-execution" in message
