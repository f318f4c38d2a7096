"""Asynchronous endpoints of the tests, and what is published to topics."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.local_cloud.endpoints.conftest import BUCKET, WRITABLE, Hosting, until, variant


def asynchronous(
    hosting: Hosting, name: str, *, output: dict[str, Any] | None = None, **client: Any
) -> None:
    """An asynchronous endpoint in service; ``output`` adds to its OutputConfig."""
    config = {
        "S3OutputPath": f"s3://{BUCKET}/{WRITABLE}/{name}/results",
        "S3FailurePath": f"s3://{BUCKET}/{WRITABLE}/{name}/failures/",
        **(output or {}),
    }
    hosting.sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[variant(hosting.model(name))],
        AsyncInferenceConfig={"OutputConfig": config, "ClientConfig": client},
    )
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    described = hosting.settled(name)
    assert described["EndpointStatus"] == "InService"
    assert described["AsyncInferenceConfig"]["OutputConfig"] == config


def ask(hosting: Hosting, name: str, body: str, **more: Any) -> dict[str, Any]:
    location = hosting.put(f"{name}/inputs/{body.replace(' ', '-')}", body.encode())
    answer: dict[str, Any] = hosting.runtime.invoke_endpoint_async(
        EndpointName=name, InputLocation=location, **more
    )
    return answer


def result(hosting: Hosting, location: str) -> dict[str, Any]:
    """The JSON object at the location, once it is there."""
    key = location.removeprefix(f"s3://{BUCKET}/")
    until(lambda: hosting.s3.list_objects_v2(Bucket=BUCKET, Prefix=key)["KeyCount"])
    content: dict[str, Any] = json.loads(hosting.read(location))
    return content


class Topic:
    """A topic with a queue that holds what is published."""

    def __init__(self, hosting: Hosting, name: str) -> None:
        sns, self._sqs = hosting.cloud.client("sns"), hosting.cloud.client("sqs")
        self.arn = sns.create_topic(Name=name)["TopicArn"]
        self._queue = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        endpoint = arn["Attributes"]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": endpoint,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=self._queue, Attributes={"Policy": policy})
        sns.subscribe(
            TopicArn=self.arn,
            Protocol="sqs",
            Endpoint=endpoint,
            Attributes={"RawMessageDelivery": "true"},
        )

    def notice(self, *, of: str) -> dict[str, Any]:
        """The notice of this inference id, once it is published; others are dropped."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                handle = message["ReceiptHandle"]
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=handle)
                content = json.loads(message["Body"])
                if content["inferenceId"] == of:
                    found.append(content)
            return bool(found)

        until(look)
        return found[0]
