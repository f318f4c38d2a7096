from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from lambdas.deployment.answers_when_tested import AnswersWhenTested
from lambdas.deployment.ask import Asker
from lambdas.deployment.samples import SampleStore
from lambdas.deployment.smoke_test import SECONDS_A_SAMPLE, SmokeTest


def right(body: bytes) -> bytes:
    """An endpoint that knows: the files hold their label."""
    answer = {"label": body.decode(), "confidence": 0.9, "probabilities": {}}
    return json.dumps({"predictions": [answer]}).encode()


class Runtime:
    """SageMaker's runtime, with a function for a model."""

    def __init__(self, model: Callable[[bytes], bytes] = right) -> None:
        self.model = model
        self.requests: list[dict[str, Any]] = []

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        kind = request["Accept"]
        return {"Body": io.BytesIO(self.model(request["Body"])), "ContentType": kind}


@pytest.fixture
def store(s3: Any, bucket: str) -> SampleStore:
    """Three samples, of the classes 0, 1 and 2."""
    samples = []
    for label in "012":
        name = f"0{label}-{label}.png"
        s3.put_object(Bucket=bucket, Key=f"birds/run/samples/{name}", Body=label.encode())
        samples.append({"file": name, "label": label, "key": f"uploads/birds/{label}/1.png"})
    put_index(s3, bucket, {"schema_version": 1, "image_size": 32, "samples": samples})
    return SampleStore(s3=s3, uri=f"s3://{bucket}/birds/run/samples")


def put_index(s3: Any, bucket: str, content: Any) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    s3.put_object(Bucket=bucket, Key="birds/run/samples/samples.json", Body=body)


def run(
    store: SampleStore,
    runtime: Runtime,
    *,
    allowed: int = 0,
    seconds: float = 600,
    variant: str = "",
    report: str = "",
) -> dict[str, Any]:
    return SmokeTest(
        asker=Asker(endpoint_name="birds", variant=variant, runtime=runtime),
        max_failures=allowed,
        samples=store,
        tested=AnswersWhenTested.read(store.s3, report),
        seconds_left=lambda: seconds,
    ).run()


def test_an_endpoint_that_answers_every_sample_passes(store: SampleStore) -> None:
    runtime = Runtime()

    answer = run(store, runtime)

    assert answer["passed"]
    assert answer["detail"].startswith("3 of 3 held-out samples")
    assert [each["ContentType"] for each in runtime.requests] == ["application/x-image"] * 3
    assert {each["EndpointName"] for each in runtime.requests} == {"birds"}


def test_a_prefix_that_ends_with_a_slash_is_the_same(store: SampleStore) -> None:
    assert run(SampleStore(s3=store.s3, uri=store.uri + "/"), Runtime())["passed"]


def test_a_wrong_answer_is_named_and_fails_unless_allowed(store: SampleStore) -> None:
    def wrong_for_two(body: bytes) -> bytes:
        return right(b"0" if body == b"2" else body)

    refused = run(store, Runtime(wrong_for_two))
    allowed = run(store, Runtime(wrong_for_two), allowed=1)

    assert not refused["passed"]
    assert "02-2.png: expected 2, got 0 (confidence 0.90)" in refused["detail"]
    assert allowed["passed"]
    assert "02-2.png" in allowed["detail"]


def test_an_endpoint_that_answers_nothing_right_never_passes(store: SampleStore) -> None:
    assert not run(store, Runtime(lambda body: right(b"9")), allowed=99)["passed"]


def test_an_endpoint_that_errs_fails_with_its_words(store: SampleStore) -> None:
    def err(body: bytes) -> bytes:
        error = {"Code": "ModelError", "Message": "no numpy in the container"}
        raise ClientError({"Error": error}, "InvokeEndpoint")

    def hang(body: bytes) -> bytes:
        raise ReadTimeoutError(endpoint_url="https://runtime")

    assert "no numpy in the container" in run(store, Runtime(err))["detail"]
    assert "timeout" in run(store, Runtime(hang))["detail"].lower()


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"predictions": []}', b'{"predictions": [{"label": "0"}]}'],
)
def test_an_answer_of_another_form_fails_and_is_shown(store: SampleStore, body: bytes) -> None:
    answer = run(store, Runtime(lambda _: body))

    assert not answer["passed"]
    assert repr(body.decode()) in answer["detail"]


def test_a_sample_that_is_missing_fails_and_names_its_place(
    store: SampleStore, s3: Any, bucket: str
) -> None:
    s3.delete_object(Bucket=bucket, Key="birds/run/samples/01-1.png")

    answer = run(store, Runtime())

    assert not answer["passed"]
    assert f"s3://{bucket}/birds/run/samples/01-1.png cannot be read" in answer["detail"]


@pytest.mark.parametrize(
    ("index", "named"),
    [
        (b"{", "not JSON"),
        ([], "not an object"),
        ({"schema_version": 3, "samples": [{}]}, "known are 1, 2"),
        ({"schema_version": 1, "samples": []}, "lists no sample"),
        ({"schema_version": 1, "samples": ["x"]}, r"samples[0]"),
        ({"schema_version": 1, "samples": [{"file": "a", "label": 3}]}, r"samples[0].label"),
    ],
)
def test_an_index_that_cannot_be_used_fails_and_says_why(
    store: SampleStore, s3: Any, bucket: str, index: Any, named: str
) -> None:
    put_index(s3, bucket, index)

    answer = run(store, Runtime())

    assert not answer["passed"]
    assert named in answer["detail"]
    assert "samples.json" in answer["detail"]


def test_samples_for_which_there_is_no_time_count_as_failed(store: SampleStore) -> None:
    runtime = Runtime()

    answer = run(store, runtime, seconds=SECONDS_A_SAMPLE - 1)

    assert not answer["passed"]
    assert "not asked" in answer["detail"]
    assert runtime.requests == []


def test_the_variant_that_is_named_is_asked_and_no_other(store: SampleStore) -> None:
    runtime = Runtime()

    answer = run(store, runtime, variant="Challenger")

    assert {each["TargetVariant"] for each in runtime.requests} == {"Challenger"}
    assert "by the variant Challenger" in answer["detail"]
    run(store, runtime)
    assert "TargetVariant" not in runtime.requests[-1]


def put_rows(s3: Any, bucket: str, classes: list[str]) -> None:
    """A row of each class; the first feature is its index."""
    samples = []
    for index, label in enumerate(classes):
        file = f"files/{index:02}.csv"
        s3.put_object(Bucket=bucket, Key=f"birds/run/samples/{file}", Body=f"{index},0.5".encode())
        samples.append({"file": file, "label": label, "key": f"uploads/birds/a.csv:{index}"})
    put_index(
        s3,
        bucket,
        {"schema_version": 2, "content_type": "text/csv", "classes": classes, "samples": samples},
    )


@pytest.mark.parametrize(
    ("classes", "answers"),
    [
        (["stays", "leaves"], [b"0.02", b"0.93"]),
        (["setosa", "versicolor", "virginica"], [b"[0.9,0.1,0.0]\n", b"[0.1,0.8,0.1]", b"0,0,1"]),
    ],
)
def test_rows_of_a_table_are_sent_and_answered_as_csv(
    store: SampleStore, s3: Any, bucket: str, classes: list[str], answers: list[bytes]
) -> None:
    put_rows(s3, bucket, classes)
    runtime = Runtime(lambda row: answers[int(row.split(b",")[0])])

    answer = run(store, runtime)

    assert answer["passed"], answer["detail"]
    assert {(each["ContentType"], each["Accept"]) for each in runtime.requests} == {
        ("text/csv", "text/csv")
    }
    wrong = run(store, Runtime(lambda row: answers[0]))
    assert not wrong["passed"]
    assert f"expected {classes[1]}, got {classes[0]}" in wrong["detail"]


def test_an_old_model_without_samples_is_not_asked_and_says_so(s3: Any) -> None:
    runtime = Runtime()

    answer = run(SampleStore(s3=s3, uri=""), runtime)

    assert answer["passed"]
    assert "Not asked" in answer["detail"]
    assert runtime.requests == []


def put_report(s3: Any, bucket: str, content: Any) -> str:
    key = "birds/run/evaluation/evaluation.json"
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    return f"s3://{bucket}/{key}"


def test_a_model_that_is_wrong_as_when_it_was_tested_passes(
    store: SampleStore, s3: Any, bucket: str
) -> None:
    """Where the report has no answer the label is expected."""
    answers = [{"file": "02-2.png", "label": "2", "predicted": "0"}]
    report = put_report(s3, bucket, {"samples": answers})

    honest = run(store, Runtime(lambda body: right(b"0" if body == b"2" else body)), report=report)
    other = run(store, Runtime(), report=report)

    assert honest["passed"], honest["detail"]
    assert not other["passed"]
    assert "02-2.png: expected 0, as when it was tested, got 2" in other["detail"]


@pytest.mark.parametrize("content", [b"{", {"samples": [{"file": "a"}]}, {"samples": 3}])
def test_without_a_report_that_can_be_read_the_labels_are_expected_and_that_is_said(
    store: SampleStore, s3: Any, bucket: str, content: Any
) -> None:
    answer = run(store, Runtime(), report=put_report(s3, bucket, content))

    assert answer["passed"]
    assert "Expected were the labels" in answer["detail"]


def test_a_report_that_is_gone_is_said_and_one_without_samples_is_no_fault(
    store: SampleStore, s3: Any, bucket: str
) -> None:
    gone = run(store, Runtime(), report=f"s3://{bucket}/birds/none.json")
    old = run(store, Runtime(), report=put_report(s3, bucket, {"metrics": {}}))

    assert "none.json cannot be read" in gone["detail"]
    assert "labels" not in old["detail"]
