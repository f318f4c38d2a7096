"""A workload in mode batch: what is uploaded to it, and what its runs leave."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from contracts import names
from contracts.batch_run import REPORT, BatchManifest, BatchReport
from tests.deployment_drill.configuration import ENVIRONMENT
from tests.deployment_drill.drill import Drill
from tests.deployment_drill.executions import StateMachine

PATIENCE_SECONDS = 300.0
POLL_SECONDS = 0.3


@dataclass(frozen=True)
class Batches:
    """Of one workload of the drills."""

    drill: Drill
    workload: str

    @property
    def machine(self) -> StateMachine:
        name = names.batch_state_machine_name(ENVIRONMENT, self.workload)
        return StateMachine(self.drill.cloud, name=name)

    @property
    def bucket(self) -> str:
        return self.drill.outputs["DataBucketName"]

    def upload(self, name: str, *lines: str) -> str:
        """Its key."""
        key = f"{names.batch_input_prefix(self.workload)}{name}"
        body = "".join(f"{line}\n" for line in lines).encode()
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return key

    def read(self, key: str) -> bytes:
        body: bytes = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body

    def reports(self) -> list[BatchReport]:
        """Of the runs that are done, the oldest first."""
        keys = self._keys(names.batch_runs_prefix(self.workload))
        return [BatchReport.parse(self.read(key)) for key in keys if key.endswith(f"/{REPORT}")]

    def await_reports(self, inputs: Iterable[str]) -> list[BatchReport]:
        """Reports of the runs that took `inputs` (keys), once all of them were taken."""
        wanted, deadline = set(inputs), time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = [report for report in self.reports() if wanted & taken(report)]
            if wanted <= set().union(*map(taken, found)):
                return found
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"not all of {sorted(wanted)} were taken: {self.reports()}")

    def manifest(self, report: BatchReport) -> BatchManifest:
        folder = names.batch_run_prefix(self.workload, report.run)
        return BatchManifest.parse(self.read(f"{folder}manifest.json"))

    def await_execution(self) -> str:
        """ARN of the execution that an upload started, once it runs; none ran before."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for execution in self.machine.all():
                if self.machine.status(execution) == "RUNNING":
                    return execution
            time.sleep(POLL_SECONDS)
        raise AssertionError("the upload started no execution")

    def await_idle(self) -> None:
        """Until no execution runs."""
        for execution in self.machine.all():
            self.machine.await_end(execution)

    def _keys(self, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    @property
    def _s3(self) -> Any:
        return self.drill.cloud.client("s3")


def taken(report: BatchReport) -> set[str]:
    """Keys of the inputs that a run answered or gave up."""
    return {result.input for result in report.results} | {each.input for each in report.failed}
