from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

from contracts.samples import Samples
from lambdas.deployment.ask_async import AsyncAsker, NoAnswerError

INDEX = Samples.parse(
    b'{"schema_version": 2, "content_type": "text/csv", "classes": ["setosa", "virginica"], '
    b'"samples": [{"file": "1.csv", "label": "virginica"}]}'
)


class Runtime:
    """Takes requests; what becomes of them lies in S3 after so many looks."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self.s3, self.bucket = s3, bucket
        self.requests: list[dict[str, Any]] = []

    def invoke_endpoint_async(self, **request: Any) -> dict[str, str]:
        self.requests.append(request)
        return {
            "InferenceId": "1",
            "OutputLocation": f"s3://{self.bucket}/birds/async/answers/1.out",
            "FailureLocation": f"s3://{self.bucket}/birds/async/failures/1.out",
        }

    def put(self, kind: str, body: bytes, content_type: str = "text/csv") -> None:
        key = f"birds/async/{kind}/1.out"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)


@pytest.fixture
def runtime(s3: Any, bucket: str) -> Runtime:
    return Runtime(s3, bucket)


class Time:
    """Passes by sleeping alone; `then` happens at the first sleep."""

    def __init__(self, then: Any = None) -> None:
        self.now, self.then = 0.0, then

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.then:
            self.then()
            self.then = None


def asker(runtime: Runtime, time: Time) -> AsyncAsker:
    return AsyncAsker(
        endpoint_name="birds",
        runtime=runtime,
        s3=runtime.s3,
        seconds=10,
        clock=lambda: time.now,
        sleep=time.sleep,
    )


def test_the_answer_is_waited_for(runtime: Runtime) -> None:
    time = Time(lambda: runtime.put("answers", b"0.2,0.8"))

    prediction = asker(runtime, time).ask(b"1,2", INDEX)

    assert prediction.label == "virginica"
    (request,) = runtime.requests
    model = boto3.client("sagemaker-runtime", region_name="eu-west-1").meta.service_model
    validate_parameters(request, model.operation_model("InvokeEndpointAsync").input_shape)
    assert (request["ContentType"], request["Accept"]) == ("text/csv", "text/csv")


def test_an_answer_without_a_content_type_is_what_was_asked_for(runtime: Runtime) -> None:
    runtime.put("answers", b"0.2,0.8", "binary/octet-stream")

    assert asker(runtime, Time()).ask(b"1,2", INDEX).label == "virginica"


def test_a_failure_is_told_with_its_reason(runtime: Runtime) -> None:
    runtime.put("failures", b"the model raised ValueError")

    with pytest.raises(NoAnswerError, match=r"failures/1\.out says: the model raised ValueError"):
        asker(runtime, Time()).ask(b"1,2", INDEX)


def test_no_answer_in_time_is_none(runtime: Runtime) -> None:
    time = Time()

    with pytest.raises(NoAnswerError, match="within 10 seconds"):
        asker(runtime, time).ask(b"1,2", INDEX)

    assert time.now == 10


def test_what_s3_refuses_for_another_reason_is_raised(runtime: Runtime) -> None:
    runtime.bucket = "a-bucket-that-is-not-there"

    with pytest.raises(ClientError, match="NoSuchBucket"):
        asker(runtime, Time()).ask(b"1,2", INDEX)
