"""What SageMaker Runtime answers where a request or an answer is beyond what it may be."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from unittest.mock import MagicMock

import pytest

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker import routing, runtime, runtime_errors
from local_cloud.sagemaker.hosting import registry
from local_cloud.sagemaker.hosting.asynchronous.backlog import Backlog
from local_cloud.sagemaker.hosting.asynchronous.request import AsyncRequest
from local_cloud.sagemaker.hosting.asynchronous.worker import MOST_INPUT_BYTES, Worker
from local_cloud.sagemaker.hosting.connections import InvocationTimeoutError, OpenAnswer
from local_cloud.sagemaker.hosting.fleet import Fleet
from local_cloud.sagemaker.hosting.model_files import ModelDataError, fetch_within
from local_cloud.sagemaker.hosting.plan import ModelData
from local_cloud.sagemaker.hosting.question import Question
from local_cloud.sagemaker.runtime_request import MOST_BYTES
from local_cloud.sagemaker.service import SageMakerService
from tests.unit.local_cloud.sagemaker_doubles import make_service


class VariantDouble:
    """Answers with this body; or not in time."""

    concurrent = 0
    instances = ()
    folder = Path("/logs")

    def __init__(self, body: bytes | None, **plan: Any) -> None:
        container = {"image": "i", "environment": {}}
        self.plan = {"variant": "AllTraffic", "container": container, **plan}
        self._body = body

    def open(self, _question: Question, _seconds: float) -> OpenAnswer:
        return OpenAnswer(200, {"content-type": "text/plain"}, self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        if self._body is None:
            raise InvocationTimeoutError("no answer within 60 seconds")
        yield self._body


def serve(folder: Path, variant: VariantDouble) -> SageMakerService:
    """A service with an endpoint ``e`` of this variant."""
    service, *_ = make_service(folder)
    service.store.create("endpoint", "e", {"EndpointStatus": "InService"})
    fleet = MagicMock(spec=Fleet, plan={"config": "c"}, folder=Path("/logs"), observers=MagicMock())
    fleet.pick.return_value = variant
    registry.of(service).begin("e", cast("Fleet", fleet))
    return service


def refusal(service: SageMakerService, body: bytes = b"x", **headers: str) -> ApiError:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(ApiError) as raised:
        runtime.invoke_endpoint(service, "e", given, body)
    return raised.value


def test_a_container_that_takes_too_long_is_a_model_error(tmp_path: Path) -> None:
    error = refusal(serve(tmp_path, VariantDouble(None)))
    status, headers, content = runtime_errors.reply(error)
    answer = json.loads(content)
    assert (status, headers["x-amzn-ErrorType"]) == (424, "ModelError")
    assert answer["OriginalStatusCode"] == 0
    assert answer["OriginalMessage"].startswith(
        "Your invocation timed out while waiting for a response from container primary."
    )
    assert answer["LogStreamArn"].endswith(":log-group:/aws/sagemaker/Endpoints/e")


def test_an_answer_may_be_as_large_as_a_request(tmp_path: Path) -> None:
    service = serve(tmp_path, VariantDouble(b"x" * MOST_BYTES))
    status, _, content = runtime.invoke_endpoint(service, "e", {}, b"x" * MOST_BYTES)
    assert (status, len(content)) == (200, MOST_BYTES)


def test_a_larger_answer_is_a_model_error(tmp_path: Path) -> None:
    error = refusal(serve(tmp_path, VariantDouble(b"x" * (MOST_BYTES + 1))))
    assert error.code == "ModelError"
    assert "could not load the entire response body: it exceeds 6291456 bytes" in error.message


def test_a_serverless_endpoint_takes_4_mebibytes(tmp_path: Path) -> None:
    most = 4 * 1024 * 1024
    bounds = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}
    service = serve(tmp_path, VariantDouble(b"x" * (most + 1), serverless=bounds))
    error = refusal(service, b"x" * (most + 1))
    assert (error.status, error.message) == (413, "HTTP content length exceeded 4194304 bytes.")
    assert "it exceeds 4194304 bytes" in refusal(service, b"x" * most).message


def test_all_faults_of_a_request_are_told_together(tmp_path: Path) -> None:
    error = refusal(
        serve(tmp_path, VariantDouble(b"")),
        x_amzn_sagemaker_custom_attributes="x" * 1025,
        x_amzn_sagemaker_target_variant="not a name",
    )
    assert error.code == "ValidationError"
    assert error.message.startswith("2 validation errors detected: ")
    assert "customAttributes" in error.message
    assert "targetVariant" in error.message


def test_an_endpoint_in_creation_takes_no_requests(tmp_path: Path) -> None:
    service, *_ = make_service(tmp_path)
    service.store.create("endpoint", "e", {"EndpointStatus": "Creating"})
    with pytest.raises(ApiError, match="of account"):
        routing.check_takes_requests(service, "e")


def test_an_asynchronous_input_has_a_gigabyte_at_most(tmp_path: Path) -> None:
    service, *_ = make_service(tmp_path)
    s3 = MagicMock()
    s3.get_object.return_value = {"ContentLength": MOST_INPUT_BYTES + 1, "Body": MagicMock()}
    backlog = MagicMock(spec=Backlog)
    worker = Worker(service, backlog)
    worker._client = MagicMock(return_value=s3)  # type: ignore[method-assign]
    request = cast("AsyncRequest", {"endpoint": "e", "input": "s3://in/large"})
    outcome = worker.ask(request)
    assert not outcome.completed
    assert outcome.reason == (
        "Failed to download the input s3://in/large: it has 1000000001 bytes, and the most is "
        "1000000000"
    )
    backlog.count.assert_called_once_with(request, "RequestDownloadFailures")


def test_data_that_do_not_come_in_time_are_given_up(tmp_path: Path) -> None:
    there = threading.Event()
    s3 = MagicMock()
    s3.download_file.side_effect = lambda *_: there.wait(30)
    data = ModelData(uri="s3://models/late/model.tar.gz", archive=True)
    with pytest.raises(ModelDataError) as raised:
        fetch_within(0.05, s3, data, tmp_path / "model", container="container_2")
    there.set()
    assert str(raised.value).startswith(
        'Failed to download model data for container "container_2" from URL: '
        '"s3://models/late/model.tar.gz". Please ensure that there is an object located at the '
        "URL and that the role passed to CreateModel has permissions to download the object."
    )
    assert "ModelDataDownloadTimeoutInSeconds" in str(raised.value)
