"""What an approval of a model that must not serve leaves: what served before, and a notice."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from contracts import names
from demo.cloud import Cloud
from demo.errors import DemoError
from demo.predict import predict_samples
from tests.flow.chain import ENVIRONMENT, WORKLOAD, await_deployment, read_json

pytestmark = pytest.mark.flow

PATIENCE_SECONDS = 30
ENDPOINT = names.endpoint_name(ENVIRONMENT, WORKLOAD)


@pytest.fixture(scope="module")
def notices(cloud: Cloud, outputs: dict[str, str]) -> str:
    """The URL of a queue that gets what people would be told."""
    sqs = cloud.client("sqs")
    url: str = sqs.create_queue(QueueName="notices")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": attributes["QueueArn"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    cloud.client("sns").subscribe(
        TopicArn=outputs["AlertTopicArn"], Protocol="sqs", Endpoint=attributes["QueueArn"]
    )
    return url


def register_like(cloud: Cloud, package: dict[str, Any], **changes: str) -> str:
    """A package like another, not yet approved; ``changes`` are its model data or metadata."""
    container = dict(package["InferenceSpecification"]["Containers"][0])
    container["ModelDataUrl"] = changes.pop("ModelDataUrl", container["ModelDataUrl"])
    created = cloud.client("sagemaker").create_model_package(
        ModelPackageGroupName=package["ModelPackageGroupName"],
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            **package["InferenceSpecification"],
            "Containers": [{key: container[key] for key in ("Image", "ModelDataUrl")}],
        },
        CustomerMetadataProperties={**package["CustomerMetadataProperties"], **changes},
    )
    arn: str = created["ModelPackageArn"]
    return arn


def put_beside(cloud: Cloud, uri: str, name: str, body: bytes) -> str:
    location = urlsplit(uri)
    key = f"{location.path.strip('/').rpartition('/')[0]}/{name}"
    cloud.client("s3").put_object(Bucket=location.netloc, Key=key, Body=body)
    return f"s3://{location.netloc}/{key}"


def wrong_labels(cloud: Cloud, uri: str) -> str:
    """Samples that say of each picture what it does not show."""
    index = read_json(cloud, f"{uri.rstrip('/')}/samples.json")
    s3, location = cloud.client("s3"), urlsplit(uri)
    for sample in index["samples"]:
        key = f"{location.path.strip('/')}/{sample['file']}"
        body = s3.get_object(Bucket=location.netloc, Key=key)["Body"].read()
        put_beside(cloud, uri, f"wrong-samples/{sample['file']}", body)
        sample["label"] = str((int(sample["label"]) + 1) % 10)
    found = put_beside(cloud, uri, "wrong-samples/samples.json", json.dumps(index).encode())
    return found.rpartition("/")[0]


def served(cloud: Cloud) -> tuple[str, str]:
    described = cloud.client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
    return described["EndpointStatus"], described["EndpointConfigName"]


def left_behind(cloud: Cloud) -> tuple[set[str], set[str]]:
    sagemaker = cloud.client("sagemaker")
    models = {item["ModelName"] for item in sagemaker.list_models(MaxResults=100)["Models"]}
    configs = sagemaker.list_endpoint_configs(MaxResults=100)["EndpointConfigs"]
    return models, {item["EndpointConfigName"] for item in configs}


def assert_told(cloud: Cloud, queue: str, package_arn: str) -> None:
    """A notice that the deployment of the package failed reaches the queue."""
    sqs, version = cloud.client("sqs"), package_arn.rpartition("/")[2]
    heard = []
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2)
        for message in answer.get("Messages", []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            notice = json.loads(message["Body"])
            heard.append(notice["Subject"])
            if (
                notice["Subject"].startswith("Deployment failed")
                and f"Version {version} of" in notice["Message"]
            ):
                return
    pytest.fail(f"nobody was told that {package_arn} failed; heard were {heard}")


def assert_rolled_back(cloud: Cloud, live: dict[str, Any], package_arn: str, **reason: str) -> None:
    before, there = served(cloud), left_behind(cloud)
    since = datetime.now(UTC)
    cloud.client("sagemaker").update_model_package(
        ModelPackageArn=package_arn, ModelApprovalStatus="Approved"
    )
    with pytest.raises(DemoError, match=reason["match"]):
        await_deployment(cloud, package_arn, since)
    assert served(cloud) == before
    assert left_behind(cloud) == there
    predictions = predict_samples(
        cloud.client("s3"),
        cloud.client("sagemaker-runtime"),
        endpoint=ENDPOINT,
        samples_uri=live["CustomerMetadataProperties"]["samples"],
    )
    assert any(item.predicted == item.label for item in predictions)


def test_a_model_that_answers_wrong_is_rolled_back(
    cloud: Cloud, live: dict[str, Any], notices: str
) -> None:
    samples = wrong_labels(cloud, live["CustomerMetadataProperties"]["samples"])
    # Where no report says what the model answered in its test, the labels are expected.
    arn = register_like(cloud, live, samples=samples, evaluation_report=f"{samples}/none.json")
    assert_rolled_back(cloud, live, arn, match=r"(?i)sample")
    assert_told(cloud, notices, arn)


def test_a_model_that_is_not_the_evaluated_one_is_refused_before_anything_is_made(
    cloud: Cloud, live: dict[str, Any], notices: str
) -> None:
    container = live["InferenceSpecification"]["Containers"][0]
    other = put_beside(cloud, container["ModelDataUrl"], "other.tar.gz", b"another model")
    arn = register_like(cloud, live, ModelDataUrl=other, model_sha256="0" * 64)
    assert_rolled_back(cloud, live, arn, match="is not the one that was evaluated")
    assert_told(cloud, notices, arn)


def test_a_model_that_cannot_be_loaded_is_rolled_back(
    cloud: Cloud, live: dict[str, Any], notices: str
) -> None:
    container = live["InferenceSpecification"]["Containers"][0]
    content = b"not an archive"
    broken = put_beside(cloud, container["ModelDataUrl"], "broken.tar.gz", content)
    digest = hashlib.sha256(content).hexdigest()
    arn = register_like(cloud, live, ModelDataUrl=broken, model_sha256=digest)
    assert_rolled_back(cloud, live, arn, match=r"(?i)broken\.tar\.gz|archive|gzip|tar")
    assert_told(cloud, notices, arn)
