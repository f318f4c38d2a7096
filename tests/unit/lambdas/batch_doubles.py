"""Batch runs against MiniStack's S3, and doubles of the services that they need besides."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from contracts import names
from contracts.batch_run import BatchReport
from contracts.champion_record import ChampionRecord, Deployed
from contracts.serving import Batch
from lambdas.serving.advance import Advancer
from lambdas.serving.data_log import LOG_GROUP
from lambdas.serving.freeze import Freezer
from lambdas.serving.ledger import Ledger, read_ledger
from lambdas.serving.settings import AdvanceSettings, FreezeSettings
from lambdas.serving.store import RunStore
from lambdas.serving.transform_request import TransformSettings
from tests.unit.lambdas.wire import ServiceError, by_methods, wired_client

ENVIRONMENT = "test"
WORKLOAD = "iris"
INPUT = names.batch_input_prefix(WORKLOAD)
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
LATER_MS = 10**13
"""Long after anything that a test uploads."""


class ParameterStore:
    """Systems Manager, with the champion's record or without."""

    def __init__(self, model: str | None = "rookery-test-iris-v1-00000000") -> None:
        self.model = model

    def GetParameter(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        assert request["Name"] == names.champion_parameter(ENVIRONMENT, WORKLOAD)
        if self.model is None:
            raise ServiceError("ParameterNotFound", "")
        package = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/rookery-test-iris/1"
        champion = Deployed(package=package, version=1, model=self.model, config=self.model)
        value = ChampionRecord(champion=champion).to_json()
        return {"Parameter": {"Name": request["Name"], "Type": "String", "Value": value}}


@dataclass
class Transform:
    """SageMaker's transform jobs and their logs: a record is answered with `<record> answered`.

    A file with a record of `bad` has no answer and is named in the log. A job with a file that
    has a record of `poison` ends before any of its files is answered, and names none.

    Attributes:
        failing_with: reasons with which SageMaker itself fails the next jobs, one each.
        dropping: answers of files with such a record lack a line.
        jobs: names of the inputs by job.
    """

    s3: Any
    bad: str = "bad"
    poison: str = "poison"
    dropping: str = "dropped"
    failing_with: list[str] = field(default_factory=list)
    jobs: dict[str, list[str]] = field(default_factory=dict)
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    ended: dict[str, dict[str, Any]] = field(default_factory=dict)
    log: dict[str, list[str]] = field(default_factory=dict)

    def create(self, request: dict[str, Any]) -> None:
        """What the state machine does; an existing job stays as it is."""
        name = request["TransformJobName"]
        if name in self.requests:
            return
        self.requests[name] = request
        bucket, key = _place(request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
        head, *listed = json.loads(self._read(bucket, key))
        self.jobs[name] = listed
        if self.failing_with:
            self.ended[name] = _failed(self.failing_with.pop(0))
            return
        _, prefix = _place(head["prefix"])
        contents = {each: self._read(bucket, f"{prefix}{each}").decode() for each in listed}
        if any(self.poison in content for content in contents.values()):
            self.ended[name] = _failed("AlgorithmError: the container ended")
            return
        _, output = _place(request["TransformOutput"]["S3OutputPath"])
        for each, content in contents.items():
            self._answer(name, bucket, f"{prefix}{each}", f"{output}{each}.out", content)
        named = self.log.get(name)
        self.ended[name] = (
            _failed("ClientError: See job logs for more information")
            if named
            else {"TransformJobStatus": "Completed"}
        )

    def _answer(self, job: str, bucket: str, source: str, output: str, content: str) -> None:
        lines = [line for line in content.split("\n") if line.strip()]
        if any(self.bad in line for line in lines):
            said = f"2026-01-01T00:00:00.000:[sagemaker logs]: {bucket}/{source}: "
            self.log.setdefault(job, []).extend(
                [f"{said}ClientError: 400", said, f"{said}no number in it"]
            )
            return
        answers = "".join(f"{line} answered\n" for line in lines if self.dropping not in line)
        self.s3.put_object(Bucket=bucket, Key=output, Body=answers.encode())

    def _read(self, bucket: str, key: str) -> bytes:
        content: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def DescribeTransformJob(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["TransformJobName"]
        if name not in self.ended:
            raise ServiceError(
                "ValidationException", f"Could not find requested job with name: {name}"
            )
        return {"TransformJobName": name, **self.ended[name]}

    def DescribeLogStreams(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        assert request["logGroupName"] == LOG_GROUP
        if not self.log:
            raise ServiceError("ResourceNotFoundException", "no such group")
        streams = [f"{job}/i-1-2{ending}" for job in self.log for ending in ("", "/data-log")]
        found = [name for name in streams if name.startswith(request["logStreamNamePrefix"])]
        return {"logStreams": [{"logStreamName": name} for name in found]}

    def GetLogEvents(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        assert request["logStreamName"].endswith("/data-log")
        lines = self.log[request["logStreamName"].split("/")[0]]
        at = int(request.get("nextToken", "0"))
        # Two lines a page, so that pages are followed.
        events = [{"message": line} for line in lines[at : at + 2]]
        return {"events": events, "nextForwardToken": str(min(at + 2, len(lines)))}


class Batches:
    """A workload's batches, moved as the state machine moves them."""

    def __init__(
        self,
        s3: Any,
        bucket: str,
        *,
        split: str = "line",
        in_time: Callable[[], bool] = lambda: True,
    ) -> None:
        self.s3, self.bucket = s3, bucket
        self.now = LATER_MS
        self.transform = Transform(s3)
        self.parameters = ParameterStore()
        self.in_time = in_time
        self.split = split
        self.store = RunStore(s3=s3, bucket=bucket, workload=WORKLOAD)

    def upload(self, name: str, *lines: str) -> str:
        """Its version id."""
        body = "".join(f"{line}\n" for line in lines).encode()
        put = self.s3.put_object(Bucket=self.bucket, Key=f"{INPUT}{name}", Body=body)
        return str(put["VersionId"])

    def freeze(self, *, overdue: bool = False, again: str = "") -> dict[str, Any]:
        return Freezer(
            settings=FreezeSettings(
                environment=ENVIRONMENT,
                workload=WORKLOAD,
                data_bucket=self.bucket,
                quiet_seconds=60,
            ),
            s3=self.s3,
            ssm=wired_client("ssm", by_methods(self.parameters)),
            clock=lambda: self.now,
        ).freeze({"overdue": overdue, "again": again})

    def advance(self, run: str, *, close: bool = False) -> dict[str, Any]:
        transform = wired_client("sagemaker", by_methods(self.transform))
        return Advancer(
            settings=AdvanceSettings(
                workload=WORKLOAD,
                data_bucket=self.bucket,
                transform=TransformSettings(
                    environment=ENVIRONMENT,
                    batch=Batch(
                        instance_type="ml.m5.large",
                        split="line" if self.split == "line" else "none",
                    ),
                    content_type="text/csv",
                    accept="text/csv",
                    key_arn=KEY,
                    volume_key_arn=KEY,
                ),
            ),
            s3=self.s3,
            sagemaker=transform,
            logs=wired_client("logs", by_methods(self.transform)),
            clock=lambda: self.now,
            in_time=self.in_time,
        ).advance(run, close=close)

    def run(self, *, again: str = "") -> BatchReport:
        """From the freezing to the report."""
        self.now += 1000
        begun = self.freeze(again=again)
        assert begun["outcome"] == "run", begun
        self.go_on(begun["run"], close=begun["close"])
        return self.report(begun["run"])

    def go_on(self, run: str, *, close: bool = False) -> dict[str, Any]:
        """To the end, or until it is stuck."""
        while True:
            step = self.advance(run, close=close)
            if step["outcome"] == "job":
                self.transform.create(step["request"])
            elif step["outcome"] in ("done", "stuck"):
                return step

    def report(self, run: str) -> BatchReport:
        report = self.store.report(run)
        assert report is not None
        return report

    def ledger(self) -> Ledger:
        return read_ledger(self.s3, bucket=self.bucket, workload=WORKLOAD)

    def read(self, key: str) -> str:
        return self.store.read(key).decode()


def _failed(reason: str) -> dict[str, Any]:
    return {"TransformJobStatus": "Failed", "FailureReason": reason}


def _place(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
