from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contracts.manifest import Manifest, dataset_version
from lambdas.intake.freeze import Freezer
from lambdas.intake.record import Record, RecordTable
from lambdas.intake.settings import FreezeSettings
from lambdas.shared.object_listing import TooManyObjectsError, list_latest
from tests.unit.lambdas.wire import ServiceError, by_methods, wired_client

PIPELINE_ARN = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/rookery-test-birds"


class Pipelines:
    """SageMaker's pipelines: one execution a client request token."""

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []
        self.executions: dict[str, dict[str, Any]] = {}
        self.refusing: ServiceError | None = None
        self.on_start: Callable[[], None] = lambda: None

    def StartPipelineExecution(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if self.refusing is not None:
            refusal, self.refusing = self.refusing, None
            raise refusal
        self.started.append(request)
        self.on_start()
        arn = f"{PIPELINE_ARN}/execution/{request['ClientRequestToken'][:12]}"
        self.executions.setdefault(
            arn, {"CreationTime": time.time(), "PipelineExecutionStatus": "Executing"}
        )
        return {"PipelineExecutionArn": arn}

    def DescribePipelineExecution(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self.executions[request["PipelineExecutionArn"]]


@pytest.fixture
def pipelines() -> Pipelines:
    return Pipelines()


@pytest.fixture
def table(dynamodb: Any, table_name: str) -> RecordTable:
    return RecordTable(dynamodb, table_name)


@pytest.fixture
def freezer(s3: Any, bucket: str, table: RecordTable, pipelines: Pipelines) -> Freezer:
    return Freezer(
        settings=FreezeSettings(table_name="unused", data_bucket=bucket, environment="test"),
        table=table,
        s3=s3,
        sagemaker=wired_client("sagemaker", by_methods(pipelines)),
        clock=lambda: int(time.time() * 1000),
    )


def upload(freezer: Freezer, *names: str) -> None:
    """Put files under the upload prefix and note their events, as `gather` does."""
    for name in names:
        freezer.s3.put_object(
            Bucket=freezer.settings.data_bucket, Key=f"uploads/birds/{name}", Body=name.encode()
        )
    now = freezer.clock()
    record = freezer.table.note("birds", events=len(names), now=now)
    if not record.is_held(now):
        assert freezer.table.claim(record, now=now) is not None


def manifest_of(freezer: Freezer, answer: dict[str, Any]) -> tuple[bytes, Manifest]:
    bucket, _, key = answer["manifest"].removeprefix("s3://").partition("/")
    content: bytes = freezer.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return content, Manifest.parse(content)


def test_an_upload_becomes_a_manifest_and_one_run_of_the_pipeline(
    freezer: Freezer, pipelines: Pipelines
) -> None:
    upload(freezer, "b/2.png", "a/1.png")

    answer = freezer.freeze("birds")

    assert answer["outcome"] == "started"
    content, manifest = manifest_of(freezer, answer)
    assert [each.key for each in manifest.objects] == [
        "uploads/birds/a/1.png",
        "uploads/birds/b/2.png",
    ]
    assert answer["dataset_version"] == dataset_version(content)
    assert f"/{answer['dataset_version']}/manifest.json" in answer["manifest"]
    (request,) = pipelines.started
    assert request["PipelineName"] == "rookery-test-birds"
    assert request["ClientRequestToken"] == answer["dataset_version"]
    assert {each["Name"]: each["Value"] for each in request["PipelineParameters"]} == {
        "DatasetManifest": answer["manifest"],
        "DatasetVersion": answer["dataset_version"],
    }
    assert freezer.table.get("birds") is None
    json.dumps(answer)


def test_keys_with_spaces_and_letters_of_any_script_are_kept_as_they_are(freezer: Freezer) -> None:
    names = ["a b/1 2.png", "a+b/%20.png", "größe/猫.png", 'q"/\\.png']
    upload(freezer, *names)

    _, manifest = manifest_of(freezer, freezer.freeze("birds"))

    assert [each.key for each in manifest.objects] == sorted(f"uploads/birds/{n}" for n in names)
    for each in manifest.objects:
        found = freezer.s3.get_object(
            Bucket=manifest.bucket, Key=each.key, VersionId=each.version_id
        )
        assert found["ContentLength"] == each.size
        assert found["ETag"].strip('"') == each.etag


def test_the_same_data_is_not_trained_on_twice(freezer: Freezer, pipelines: Pipelines) -> None:
    upload(freezer, "a/1.png")
    first = freezer.freeze("birds")
    freezer.table.note("birds", events=1, now=freezer.clock())
    time.sleep(0.002)

    second = freezer.freeze("birds")

    assert (first["outcome"], second["outcome"]) == ("started", "unchanged")
    assert second["dataset_version"] == first["dataset_version"]
    assert len(pipelines.executions) == 1
    assert "RetryPipelineExecution" in second["detail"]
    assert freezer.table.get("birds") is None


def test_a_run_that_could_not_be_started_is_started_by_the_next_try(
    freezer: Freezer, pipelines: Pipelines
) -> None:
    upload(freezer, "a/1.png")
    pipelines.refusing = ServiceError("ThrottlingException", "slowly")
    with pytest.raises(ClientError):
        freezer.freeze("birds")
    assert freezer.table.get("birds") is not None

    assert freezer.freeze("birds")["outcome"] == "started"
    assert len(pipelines.executions) == 1


def test_a_new_version_of_an_object_is_a_new_dataset_version(freezer: Freezer) -> None:
    upload(freezer, "a/1.png")
    first = freezer.freeze("birds")
    upload(freezer, "a/1.png")

    second = freezer.freeze("birds")

    assert second["outcome"] == "started"
    assert second["dataset_version"] != first["dataset_version"]
    assert second["objects"] == 1


def test_objects_that_come_while_the_upload_is_listed_are_waited_for(
    freezer: Freezer, pipelines: Pipelines, table: RecordTable
) -> None:
    upload(freezer, "a/1.png")

    class Interrupted(RecordTable):
        """An object comes after the record was first read."""

        def __init__(self) -> None:
            self.__dict__ = table.__dict__
            self.read = False

        def get(self, workload: str) -> Record | None:
            found = super().get(workload)
            if not self.read:
                self.read = True
                upload(freezer, "a/2.png")
            return found

    interrupted = Freezer(**{**freezer.__dict__, "table": Interrupted()})
    answer = interrupted.freeze("birds")

    assert answer["outcome"] == "again"
    assert pipelines.started == []
    record = table.get("birds")
    assert record is not None
    assert record.is_held(freezer.clock())
    assert freezer.freeze("birds")["objects"] == 2


def test_objects_that_come_after_the_freeze_lead_to_another_one(
    freezer: Freezer, pipelines: Pipelines
) -> None:
    upload(freezer, "a/1.png")
    pipelines.on_start = lambda: upload(freezer, "a/2.png")

    first = freezer.freeze("birds")

    assert first["outcome"] == "again"
    assert "objects have come since" in first["detail"]
    pipelines.on_start = lambda: None
    assert freezer.freeze("birds")["outcome"] == "started"
    assert len(pipelines.executions) == 2
    assert freezer.table.get("birds") is None


def test_an_upload_that_never_rests_is_frozen_all_the_same(
    freezer: Freezer, pipelines: Pipelines, table: RecordTable
) -> None:
    upload(freezer, "a/1.png")
    record = table.get("birds")
    assert record is not None
    table.renew(record, until=freezer.clock() + 60_000, overdue=True)
    # Freezing keeps on seeing it as overdue, and objects go on coming.
    pipelines.on_start = lambda: upload(freezer, "a/2.png")

    assert freezer.freeze("birds")["outcome"] == "again"
    assert len(pipelines.started) == 1
    after = table.get("birds")
    assert after is not None
    assert not after.overdue
    assert after.waiting_since >= record.waiting_since


def test_another_execution_waiting_for_the_same_upload_makes_the_same_run(
    freezer: Freezer, pipelines: Pipelines
) -> None:
    upload(freezer, "a/1.png")

    def by_another() -> None:
        pipelines.on_start = lambda: None
        assert freezer.freeze("birds")["outcome"] in ("started", "unchanged")

    pipelines.on_start = by_another

    assert freezer.freeze("birds")["outcome"] == "started"
    assert len(pipelines.executions) == 1


def test_an_empty_upload_says_where_to_put_files(freezer: Freezer, pipelines: Pipelines) -> None:
    upload(freezer, "a/1.png")
    freezer.s3.delete_object(Bucket=freezer.settings.data_bucket, Key="uploads/birds/a/1.png")

    answer = freezer.freeze("birds")

    assert answer["outcome"] == "empty"
    assert f"s3://{freezer.settings.data_bucket}/uploads/birds/<class>/<file>" in answer["detail"]
    assert pipelines.started == []
    assert freezer.table.get("birds") is None


def test_folder_markers_and_hidden_files_are_left_out_and_counted(freezer: Freezer) -> None:
    upload(freezer, "a/.DS_Store", "a/._1.png", "__MACOSX/a/1.png", "b/1.png", "b/.hidden.png")
    freezer.s3.put_object(Bucket=freezer.settings.data_bucket, Key="uploads/birds/a/", Body=b"")

    answer = freezer.freeze("birds")

    _, manifest = manifest_of(freezer, answer)
    assert [each.key for each in manifest.objects] == [
        "uploads/birds/b/.hidden.png",
        "uploads/birds/b/1.png",
    ]
    assert "left out 1 folder marker and 3 hidden files" in answer["detail"]


def test_an_upload_of_folder_markers_only_is_empty_and_says_so(freezer: Freezer) -> None:
    freezer.s3.put_object(Bucket=freezer.settings.data_bucket, Key="uploads/birds/a/", Body=b"")

    answer = freezer.freeze("birds")

    assert answer["outcome"] == "empty"
    assert "but 1 folder marker" in answer["detail"]


def test_another_workload_with_a_similar_name_is_not_touched(freezer: Freezer) -> None:
    upload(freezer, "a/1.png")
    freezer.s3.put_object(
        Bucket=freezer.settings.data_bucket, Key="uploads/birds-two/a/2.png", Body=b"2"
    )

    assert freezer.freeze("birds")["objects"] == 1


def test_forgetting_lets_the_next_upload_start_afresh(table: RecordTable) -> None:
    first = table.claim(table.note("birds", events=1, now=1000), now=1000)
    assert first is not None

    table.forget("birds")
    table.forget("birds")

    second = table.claim(table.note("birds", events=1, now=2000), now=2000)
    assert second is not None
    assert second.execution_name != first.execution_name


def test_an_execution_that_was_replaced_cannot_hold_the_record(table: RecordTable) -> None:
    dead = table.claim(table.note("birds", events=1, now=1000), now=1000)
    assert dead is not None
    living = table.claim(table.note("birds", events=1, now=dead.lease_until), now=dead.lease_until)
    assert living is not None

    table.renew(dead, until=10**15)
    table.wait_on(dead, since=5, until=10**15)
    table.unclaim(dead)

    assert table.get("birds") == living


def test_an_upload_larger_than_a_dataset_version_can_be_is_refused_with_what_to_do(
    freezer: Freezer,
) -> None:
    bucket = freezer.settings.data_bucket
    upload(freezer, "a/1.png", "a/2.png", "b/1.png")

    assert (
        len(list_latest(freezer.s3, bucket=bucket, prefix="uploads/", max_objects=3).objects) == 3
    )
    with pytest.raises(TooManyObjectsError, match=r"more than 2 files.*pack the pictures"):
        list_latest(freezer.s3, bucket=bucket, prefix="uploads/", max_objects=2)
