"""The parts of batch serving: records, the data log, requests, uploads that start executions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts import names
from contracts.batch_run import BatchInput, BatchManifest
from contracts.documents import from_document, to_document
from contracts.serving import Batch, Serving
from infra.botocore_model import sagemaker_model
from infra.checks.api_shapes import shape_faults
from lambdas.serving import handler
from lambdas.serving.data_log import reasons
from lambdas.serving.progress import Answer, Failure, Job, Progress, Unit
from lambdas.serving.records import count_records, cut_lines
from lambdas.serving.settings import AdvanceSettings
from lambdas.serving.tear_down import stop_jobs
from lambdas.serving.transform_request import Places, transform_request
from lambdas.shared.custom_resource import Deadline, OutOfTimeError
from lambdas.shared.environment import EnvironmentFaults
from tests.unit.lambdas.batch_doubles import KEY
from tests.unit.lambdas.intake_doubles import MACHINE, States, batch, message
from tests.unit.lambdas.wire import ServiceError, by_methods, wired_client

RUN = "20260301T020000Z-0a1b2c3d"


@pytest.fixture
def manifest() -> BatchManifest:
    item = BatchInput(key="batch/iris/input/a b.csv", version_id="v", size=1, etag="e")
    return BatchManifest(
        run=RUN,
        workload="iris",
        bucket="data",
        prefix="batch/iris/input/",
        model_package="arn:aws:sagemaker:eu-west-1:123456789012:model-package/iris/1",
        model="rookery-dev-iris-v1-00000000",
        created_at="2026-03-01T02:00:00+00:00",
        inputs=(item,),
    )


@pytest.mark.parametrize(
    ("chunks", "records"),
    [
        ([], 0),
        ([b"\n\n \r\n"], 0),
        ([b"1\n2\n3"], 3),
        ([b"1\n2", b"2\n", b"3\n"], 3),
        ([b"1\r\n", b"\r\n2\r\n"], 2),
        ([b"a", b"b", b"c"], 1),
    ],
)
def test_lines_with_content_are_records_wherever_a_chunk_ends(
    chunks: list[bytes], records: int
) -> None:
    assert count_records(chunks, "line") == records


def test_a_file_that_is_one_record_is_one_unless_it_is_empty() -> None:
    assert count_records([b"1\n2\n"], "none") == 1
    assert count_records([], "none") == 0


def test_pieces_know_their_lines_in_the_whole_file() -> None:
    content = b"1\n\n2\r\n3\n4\n"
    pieces = list(cut_lines(content, pieces=2))
    assert [(each.first, each.last, each.records) for each in pieces] == [(1, 3, 2), (4, 5, 2)]
    assert [each.content for each in pieces] == [b"1\n2\n", b"3\n4\n"]
    smaller = list(cut_lines(content, pieces=1000, first=4, last=5))
    assert [(each.first, each.last, each.content) for each in smaller] == [
        (4, 4, b"3\n"),
        (5, 5, b"4\n"),
    ]
    assert list(cut_lines(b"\n", pieces=3)) == []


def test_the_data_log_names_inputs_whose_keys_hold_what_parts_its_lines() -> None:
    said = "2026-01-01T00:00:00.000:[sagemaker logs]: "
    lines = [
        f"{said}MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD",
        f"{said}data/in/a: b.csv: ClientError: 400",
        f"{said}data/in/a: b.csv: ",
        f"{said}data/in/a: b.csv: Message: no number",
        f"{said}data/in/unknown.csv: ClientError: 400",
        "a line of the container's: data/in/a: ClientError",
    ]
    found = reasons(lines, ["data/in/a: b.csv", "data/in/a"])
    assert found == {"data/in/a: b.csv": "ClientError: 400 Message: no number"}


@pytest.mark.parametrize(
    "units",
    [(Unit(input=0),), (Unit(input=0, first=1, last=2, records=2), Unit(input=0, first=3, last=3))],
)
@pytest.mark.parametrize("split", ["line", "none"])
def test_requests_have_the_shape_that_sagemaker_takes(
    manifest: BatchManifest, units: tuple[Unit, ...], split: Any
) -> None:
    settings = _settings(split).transform
    request = transform_request(Job(number=2, units=units), Places(manifest=manifest), settings)
    shape = sagemaker_model().operation_model("CreateTransformJob").input_shape
    assert list(shape_faults(shape, request, "")) == []
    assert request["TransformJobName"] == "rookery-dev-iris-b-0a1b2c3d-2"


def test_the_manifest_for_sagemaker_names_files_below_their_prefix(
    manifest: BatchManifest,
) -> None:
    places = Places(manifest=manifest)
    assert json.loads(places.sagemaker_manifest([Unit(input=0)])) == [
        {"prefix": "s3://data/batch/iris/input/"},
        "a b.csv",
    ]
    assert places.answer(Unit(input=0)) == f"batch/iris/runs/{RUN}/output/a b.csv.out"
    piece = Unit(input=0, first=3, last=3)
    assert places.source(piece) == f"batch/iris/runs/{RUN}/pieces/0/3-3"
    assert places.answer(piece) == f"batch/iris/runs/{RUN}/pieces-output/0/3-3.out"


def test_the_longest_name_of_a_job_is_one_that_sagemaker_takes() -> None:
    together = names.LONGEST_TOGETHER
    name = names.batch_job_name("e", "w" * (together - 1), RUN, 9999)
    assert len(name) <= 63


def test_progress_survives_being_written_down() -> None:
    unit, piece = Unit(input=0), Unit(input=1, first=2, last=3, records=2)
    progress = Progress(
        jobs=(Job(number=1, units=(unit, piece), status="Failed", reason="ClientError: 400"),),
        waiting=((unit,), (piece,)),
        answers=(Answer(unit=unit, records=4),),
        failures=(Failure(unit=piece, reason="no number"),),
        replaced=(3,),
        service_faults=1,
    )
    document = json.loads(json.dumps(to_document(progress)))
    assert from_document(Progress, document, what="progress") == progress


def test_many_uploads_start_few_executions(monkeypatch: pytest.MonkeyPatch) -> None:
    states = States()
    monkeypatch.setattr(
        handler, "client", lambda _: wired_client("stepfunctions", by_methods(states))
    )
    monkeypatch.setenv("STATE_MACHINE_ARN", MACHINE)
    monkeypatch.setenv("QUIET_SECONDS", "60")
    moments = iter([0, 59_999, 60_000, 61_000])
    monkeypatch.setattr(handler, "_now", lambda: next(moments))
    messages = [message(f"batch/iris/input/{number}.csv") for number in range(50)]
    for _ in range(4):
        assert handler.gather(batch(messages), None) == {"batchItemFailures": []}
    assert states.started == {
        "upload-0": {"trigger": "upload"},
        "upload-1": {"trigger": "upload"},
    }


def test_an_upload_comes_again_where_no_execution_could_be_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    states = States()
    states.refusing = ServiceError("ThrottlingException", "slow down")
    monkeypatch.setattr(
        handler, "client", lambda _: wired_client("stepfunctions", by_methods(states))
    )
    monkeypatch.setenv("STATE_MACHINE_ARN", MACHINE)
    monkeypatch.setenv("QUIET_SECONDS", "60")
    with pytest.raises(Exception, match="slow down"):
        handler.gather(batch([message("batch/iris/input/a.csv")]), None)
    broken = {"messageId": "broken", "body": "{}"}
    answer = handler.gather(batch([message("batch/iris/input/a.csv"), broken]), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "broken"}]}
    assert len(states.started) == 1


class Jobs:
    """SageMaker's transform jobs in progress, one of which ends as it is stopped."""

    def __init__(self) -> None:
        self.running = ["rookery-dev-iris-b-1", "rookery-dev-iris-b-2", "my-rookery-dev-iris-b-3"]
        self.stopped: list[str] = []

    def ListTransformJobs(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        assert request["StatusEquals"] == "InProgress"
        found = [name for name in self.running if request["NameContains"] in name]
        return {"TransformJobSummaries": [{"TransformJobName": name} for name in found]}

    def StopTransformJob(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["TransformJobName"]
        if name.endswith("2"):
            raise ServiceError("ValidationException", "the job is in status Completed")
        self.stopped.append(name)
        return {}


def test_jobs_on_their_way_are_stopped_when_the_stack_is_deleted() -> None:
    jobs = Jobs()
    sagemaker = wired_client("sagemaker", by_methods(jobs))
    prefix = names.batch_job_prefix("dev", "iris")
    assert len(stop_jobs(sagemaker, prefix=prefix, deadline=Deadline(10))) == 2
    assert jobs.stopped == ["rookery-dev-iris-b-1"]
    with pytest.raises(OutOfTimeError, match="stopping the transform job"):
        stop_jobs(sagemaker, prefix=prefix, deadline=Deadline(0))


def test_faults_of_the_environment_are_told_together() -> None:
    with pytest.raises(EnvironmentFaults, match=r"ENVIRONMENT is not set; .*ACCEPT is not set"):
        AdvanceSettings.read({})
    environ = dict.fromkeys(("ENVIRONMENT", "WORKLOAD", "DATA_BUCKET", "CONTENT_TYPE"), "x")
    environ |= {"ACCEPT": "text/csv", "KMS_KEY_ARN": KEY, "VOLUME_KEY_ARN": ""}
    realtime = Serving(instance_type="ml.m5.large", instance_count=1).to_json()
    with pytest.raises(EnvironmentFaults, match="SERVING has no batch"):
        AdvanceSettings.read({**environ, "SERVING": realtime})


def _settings(split: Any) -> AdvanceSettings:
    serving = Serving(
        instance_type="ml.m5.large",
        instance_count=1,
        mode="batch",
        batch=Batch(instance_type="ml.m5.large", split=split),
    )
    return AdvanceSettings.read(
        {
            "ENVIRONMENT": "dev",
            "WORKLOAD": "iris",
            "DATA_BUCKET": "data",
            "SERVING": serving.to_json(),
            "CONTENT_TYPE": "text/csv",
            "ACCEPT": "text/csv",
            "KMS_KEY_ARN": KEY,
            "VOLUME_KEY_ARN": KEY,
        }
    )
