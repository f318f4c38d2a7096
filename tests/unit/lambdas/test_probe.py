from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contracts import names
from lambdas.deployment.answers_when_tested import AnswersWhenTested
from lambdas.deployment.ask import Asker
from lambdas.deployment.probe import PROBE_SECONDS, Probe
from lambdas.deployment.samples import SampleStore

LABELS = {"0.png": "crow", "1.png": "jay", "2.png": "rook", "3.png": "daw"}


class Endpoint:
    """SageMaker's runtime, S3 with the samples, and CloudWatch.

    Attributes:
        answer: the label that is answered for a file; raises what the endpoint fails with.
        published: values of the metric.
    """

    def __init__(self, answer: Callable[[str], str]) -> None:
        self.answer = answer
        self.published: list[float] = []
        self.asked: list[str] = []
        self.now = 0.0

    def get_object(self, **request: Any) -> dict[str, Any]:
        file = request["Key"].rpartition("/")[2]
        samples = [{"file": name, "label": label} for name, label in LABELS.items()]
        index = json.dumps({"schema_version": 1, "samples": samples})
        return {"Body": io.BytesIO((index if file == "samples.json" else file).encode())}

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        file = request["Body"].decode()
        self.asked.append(file)
        answer = {"predictions": [{"label": self.answer(file), "confidence": 0.9}]}
        body = io.BytesIO(json.dumps(answer).encode())
        return {"Body": body, "ContentType": "application/json"}

    def put_metric_data(self, **request: Any) -> None:
        assert request["Namespace"] == names.DEPLOYMENT_METRICS
        (datum,) = request["MetricData"]
        assert datum["MetricName"] == names.WRONG_ANSWERS
        assert datum["Dimensions"] == [{"Name": "EndpointName", "Value": "birds"}]
        self.published.append(datum["Value"])


def probe_of(
    endpoint: Endpoint, *, allowed: int = 1, tested: dict[str, str] | None = None
) -> Probe:
    return Probe(
        asker=Asker(endpoint_name="birds", runtime=endpoint),
        max_failures=allowed,
        samples=SampleStore(s3=endpoint, uri="s3://artifacts/birds/samples"),
        tested=AnswersWhenTested(answers=tested or {}),
        cloudwatch=endpoint,
        seconds=lambda: endpoint.now,
    )


def right(file: str) -> str:
    return LABELS[file]


def test_answers_of_the_old_and_of_the_new_model_are_right() -> None:
    """The old one takes every jay for a crow, the new one every rook, as when it was tested."""
    endpoint = Endpoint(lambda file: "crow" if file == "1.png" else LABELS[file])
    probe = probe_of(endpoint, allowed=0, tested={"2.png": "crow"})

    seen = probe.before()
    endpoint.answer = lambda file: "crow" if file == "2.png" else LABELS[file]
    seen = probe.during(seen)
    endpoint.answer = lambda file: "crow" if file in ("1.png", "2.png") else LABELS[file]
    seen = probe.during(seen)

    assert seen["wrong"] == {}
    assert endpoint.published == [0.0, 0.0]
    assert "all answers to 4 samples were right" in seen["detail"]


def test_wrong_answers_count_once_a_sample_and_more_than_allowed_set_off_the_alarm() -> None:
    endpoint = Endpoint(right)
    probe = probe_of(endpoint, allowed=1)

    seen = probe.before()
    for wrong in ("0.png", "0.png", "3.png"):
        endpoint.answer = {**LABELS, wrong: "owl"}.__getitem__
        seen = probe.during(seen)

    assert endpoint.published == [0.0, 0.0, 0.5]
    assert "2 of 4 samples were answered wrong at times, allowed are 1" in seen["detail"]
    assert "0.png: got owl, expected crow" in seen["detail"]


def test_an_error_is_a_wrong_answer_and_before_an_update_none_at_all() -> None:
    def fails(file: str) -> str:
        raise ClientError({"Error": {"Code": "ModelError", "Message": "500"}}, "InvokeEndpoint")

    endpoint = Endpoint(fails)
    probe = probe_of(endpoint)

    seen = probe.before()
    assert seen["before"] == {}
    assert endpoint.published == []
    assert probe.during(seen)["wrong"].keys() == LABELS.keys()
    assert endpoint.published == [1.0]


def test_without_what_was_answered_before_only_the_new_model_is_right() -> None:
    endpoint = Endpoint(lambda file: "crow")

    seen = probe_of(endpoint, allowed=0).during({})

    assert seen["wrong"].keys() == {"1.png", "2.png", "3.png"}


def test_a_slow_endpoint_is_not_asked_for_longer_than_a_probe_may_take() -> None:
    endpoint = Endpoint(right)

    def slow(file: str) -> str:
        endpoint.now += PROBE_SECONDS * 0.6
        return right(file)

    endpoint.answer = slow
    probe_of(endpoint).during({})

    assert endpoint.asked == ["0.png", "1.png"]


@pytest.mark.parametrize("allowed", [0, 4])
def test_a_probe_publishes_each_time_so_that_the_alarm_comes_to_rest(allowed: int) -> None:
    endpoint = Endpoint(right)
    probe = probe_of(endpoint, allowed=allowed)
    probe.during(probe.during({}))
    assert endpoint.published == [0.0, 0.0]
