"""Asynchronous endpoints: a queue that loses nothing, results in S3, notices on SNS topics."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.sagemaker.hosting.asynchronous.queue import Queue
from local_cloud.sagemaker.hosting.asynchronous.request import AsyncRequest
from local_cloud.sagemaker.store import Store
from tests.unit.local_cloud.endpoints.async_endpoints import Topic, ask, asynchronous, result
from tests.unit.local_cloud.endpoints.conftest import BUCKET, WRITABLE, Hosting, until, variant

ENDPOINT = "later"


@dataclass
class Later:
    """An asynchronous endpoint, and what it tells."""

    hosting: Hosting
    good: Topic
    bad: Topic

    def ask(self, body: str, **more: Any) -> dict[str, Any]:
        return ask(self.hosting, ENDPOINT, body, **more)


@pytest.fixture(scope="module")
def later(hosting: Hosting) -> Later:
    good, bad = Topic(hosting, "results-good"), Topic(hosting, "results-bad")
    notification = {
        "SuccessTopic": good.arn,
        "ErrorTopic": bad.arn,
        "IncludeInferenceResponseIn": ["SUCCESS_NOTIFICATION_TOPIC"],
    }
    output = {"NotificationConfig": notification}
    asynchronous(hosting, ENDPOINT, output=output, MaxConcurrentInvocationsPerInstance=2)
    return Later(hosting, good, bad)


def test_a_result_lies_in_s3_and_a_notice_says_where(later: Later) -> None:
    answer = later.ask("hello", ContentType="text/csv", Accept="a/b", InferenceId="my-id")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert answer["InferenceId"] == "my-id"
    assert answer["OutputLocation"].startswith(f"s3://{BUCKET}/{WRITABLE}/later/results/")
    seen = result(later.hosting, answer["OutputLocation"])["headers"]
    assert (seen["content-type"], seen["accept"]) == ("text/csv", "a/b")
    assert seen["x-amzn-sagemaker-inference-id"] == "my-id"
    notice = later.good.notice(of="my-id")
    assert notice["invocationStatus"] == "Completed"
    assert (notice["eventSource"], notice["eventName"]) == ("aws:sagemaker", "InferenceResult")
    assert notice["requestParameters"] == {
        "endpointName": "later",
        "inputLocation": f"s3://{BUCKET}/later/inputs/hello",
        "contentType": "text/csv",
        "accept": "a/b",
    }
    assert notice["responseParameters"] == {
        "contentType": "application/json",
        "outputLocation": answer["OutputLocation"],
    }
    assert json.loads(notice["responseBody"]["content"])["model"] == "later"


def test_a_failure_lies_in_s3_and_a_notice_says_why(later: Later) -> None:
    answer = later.ask("fail 500", InferenceId="failing")
    notice = later.bad.notice(of="failing")
    assert notice["invocationStatus"] == "Failed"
    assert "(500) from primary" in notice["failureReason"]
    assert notice["responseParameters"]["failureLocation"] == answer["FailureLocation"]
    assert later.hosting.read(answer["FailureLocation"]) == b"the model says 500"


def test_a_request_that_ends_its_containers_is_given_up_and_told(later: Later) -> None:
    later.ask("die", InferenceId="deadly")
    assert "The container went 3 times" in later.bad.notice(of="deadly")["failureReason"]


def test_an_input_that_the_role_may_not_read_is_a_failure_that_is_told(later: Later) -> None:
    later.hosting.s3.create_bucket(Bucket="not-of-the-role")
    later.hosting.s3.put_object(Bucket="not-of-the-role", Key="in", Body=b"x")
    later.hosting.runtime.invoke_endpoint_async(
        EndpointName=ENDPOINT, InputLocation="s3://not-of-the-role/in", InferenceId="unreadable"
    )
    assert "AccessDenied" in later.bad.notice(of="unreadable")["failureReason"]


def test_an_output_that_the_role_may_not_write_is_a_failure_that_is_told(later: Later) -> None:
    hosting = later.hosting
    output = {
        "S3OutputPath": f"s3://{BUCKET}/not-writable",
        "NotificationConfig": {"ErrorTopic": later.bad.arn, "SuccessTopic": later.good.arn},
    }
    asynchronous(hosting, "mute", output=output)
    ask(hosting, "mute", "hello", InferenceId="unwritable")
    notice = later.bad.notice(of="unwritable")
    assert notice["invocationStatus"] == "Failed"
    assert "Failed to upload the response" in notice["failureReason"]


def test_an_update_loses_no_request_that_waits_or_is_at_work(later: Later) -> None:
    hosting = later.hosting
    answers = [later.ask(f"slow 0.9{number}") for number in range(4)]
    config = f"{ENDPOINT}-2"
    output = hosting.describe(ENDPOINT)["AsyncInferenceConfig"]
    hosting.sagemaker.create_endpoint_config(
        EndpointConfigName=config,
        ProductionVariants=[variant(ENDPOINT)],
        AsyncInferenceConfig=output,
    )
    assert hosting.update(ENDPOINT, config)["EndpointConfigName"] == config
    for answer in answers:
        assert result(hosting, answer["OutputLocation"])["model"] == ENDPOINT


def test_inline_bodies_and_named_outputs(later: Later) -> None:
    answer = later.hosting.runtime.invoke_endpoint_async(
        EndpointName=ENDPOINT, Body=b"12345", S3OutputPathExtension="day/1", Filename="named.json"
    )
    assert answer["OutputLocation"].endswith("/later/results/day/1/named.json")
    assert result(later.hosting, answer["OutputLocation"])["size"] == 5


def test_each_kind_of_endpoint_is_invoked_in_its_own_way(later: Later) -> None:
    hosting = later.hosting
    hosting.endpoint("direct")
    with pytest.raises(ClientError, match="invoked by InvokeEndpointAsync") as caught:
        hosting.invoke(ENDPOINT)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    with pytest.raises(ClientError, match="It is invoked by InvokeEndpoint"):
        ask(hosting, "direct", "hello")
    with pytest.raises(ClientError, match="exactly one of InputLocation and Body"):
        hosting.runtime.invoke_endpoint_async(EndpointName=ENDPOINT)
    with pytest.raises(ClientError, match="less than or equal to 21600"):
        later.ask("hello", RequestTTLSeconds=30_000)
    with pytest.raises(ClientError, match="not found"):
        ask(hosting, "absent", "hello")


def test_invoking_asynchronously_is_an_action_of_its_own(later: Later) -> None:
    cloud = later.hosting.cloud
    arn = later.hosting.describe(ENDPOINT)["EndpointArn"]
    request = {"EndpointName": ENDPOINT, "InputLocation": f"s3://{BUCKET}/in"}
    clients = {}
    for action in ("InvokeEndpointAsync", "InvokeEndpoint"):
        allowed = {"Effect": "Allow", "Action": f"sagemaker:{action}", "Resource": arn}
        role = cloud.role(f"may-{action}", [allowed], trusts=[])
        clients[action] = cloud.client_as(role, "sagemaker-runtime")
    assert clients["InvokeEndpointAsync"].invoke_endpoint_async(**request)["InferenceId"]
    with pytest.raises(ClientError, match="sagemaker:InvokeEndpointAsync"):
        clients["InvokeEndpoint"].invoke_endpoint_async(**request)


def test_without_instances_requests_wait_and_then_come_no_more_at_once_than_allowed(
    later: Later,
) -> None:
    hosting = later.hosting
    scale(hosting, 0)
    answers = [later.ask(f"busy 0.2{number}") for number in range(6)]
    cloudwatch = hosting.cloud.client("cloudwatch")

    def greatest(metric: str) -> float:
        now = datetime.now(UTC)
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[{"Name": "EndpointName", "Value": ENDPOINT}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
        return max((point["Maximum"] for point in points), default=0.0)

    until(lambda: greatest("HasBacklogWithoutCapacity") == 1.0)
    until(lambda: greatest("ApproximateBacklogSizePerInstance") >= len(answers))
    scale(hosting, 1)
    peaks = [result(hosting, one["OutputLocation"])["most_at_once"] for one in answers]
    assert max(peaks) <= 2


def scale(hosting: Hosting, count: int) -> None:
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=ENDPOINT,
        DesiredWeightsAndCapacities=[{"VariantName": ENDPOINT, "DesiredInstanceCount": count}],
    )
    (summary,) = hosting.settled(ENDPOINT)["ProductionVariants"]
    assert summary["CurrentInstanceCount"] == count


def test_what_excludes_each_other_is_refused_all_at_once(hosting: Hosting) -> None:
    hosting.model("either")
    with pytest.raises(ClientError) as caught:
        hosting.sagemaker.create_endpoint_config(
            EndpointConfigName="both",
            ProductionVariants=[variant("either"), variant("either", VariantName="second")],
            AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "https://elsewhere/x"}},
        )
    message = str(caught.value)
    assert "has one production variant" in message
    assert "S3OutputPath 'https://elsewhere/x' is not an S3 URI" in message


def test_a_request_that_waited_beyond_its_time_to_live_is_expired(tmp_path: Path) -> None:
    queue = Queue(Store(tmp_path / "store"))
    for name, received in (("old", 0.0), ("new", 1e12)):
        queue.put(request_of(name, received=received))
    assert [one["id"] for one in queue.take_expired("endpoint")] == ["old"]
    assert queue.at_work("endpoint") == 1
    taken = queue.take("endpoint")
    assert taken is not None
    assert taken["id"] == "new"


def request_of(name: str, *, received: float) -> AsyncRequest:
    return AsyncRequest(
        id=name,
        endpoint="endpoint",
        inference_id=name,
        received=received,
        ttl=60,
        timeout=60,
        attempts=0,
        output="s3://bucket/key",
    )
