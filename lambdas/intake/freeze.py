"""Freeze what was uploaded into one dataset version, and start one pipeline run on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contracts import names
from contracts.manifest import Manifest, dataset_version
from lambdas.intake.dataset import Run, start_run
from lambdas.intake.record import FREEZING_MS, MARGIN_MS, Record, RecordTable
from lambdas.intake.settings import FreezeSettings
from lambdas.shared.object_listing import Listing, list_latest
from lambdas.shared.put_once import put_once

Answer = dict[str, Any]

# The state machine waits for quiet next, and renews the lease when it has; intake's settings
# allow no longer time of quiet than a day.
_WAIT_ON_MS = 24 * 3600 * 1000


@dataclass(frozen=True, kw_only=True)
class Freezer:
    """Freezes uploads. `s3` and `sagemaker` are boto3 clients; `clock` gives ms since the epoch."""

    settings: FreezeSettings
    table: RecordTable
    s3: Any
    sagemaker: Any
    clock: Callable[[], int]

    def freeze(self, workload: str) -> Answer:
        """`outcome` and `detail`: started, unchanged, empty, or again if objects came meanwhile.

        Raises:
            TooManyObjectsError: the upload is larger than a dataset version can be.
            ClientError: AWS refuses a call; the record stays for `release`.
        """
        record = self.table.get(workload)
        if record is not None:
            until = self.clock() + FREEZING_MS + MARGIN_MS
            self.table.renew(record, until=until, overdue=record.overdue)
        prefix = names.upload_prefix(workload)
        listing = list_latest(self.s3, bucket=self.settings.data_bucket, prefix=prefix)
        if record is not None and not record.overdue and self._has_moved(record):
            return self._again(record, "objects came while the upload was listed")
        answer = (
            self._start(workload, listing) if listing.objects else self._empty(workload, listing)
        )
        if record is not None and not self.table.finish(record):
            return self._again(record, f"{answer['detail']}; objects have come since", answer)
        return answer

    def _has_moved(self, record: Record) -> bool:
        current = self.table.get(record.workload)
        return current is not None and current.events != record.events

    def _again(self, record: Record, detail: str, answer: Answer | None = None) -> Answer:
        now = self.clock()
        # What was not frozen goes on being waited for since when it was: else an upload that
        # never rests would never be overdue.
        since = record.waiting_since if answer is None else now
        self.table.wait_on(record, since=since, until=now + _WAIT_ON_MS + MARGIN_MS)
        return {**(answer or {}), "outcome": "again", "detail": detail}

    def _empty(self, workload: str, listing: Listing) -> Answer:
        place = f"s3://{self.settings.data_bucket}/{names.upload_prefix(workload)}"
        found = f" but {listing.skipped}" if listing.skipped else ""
        return {
            "outcome": "empty",
            "detail": f"Nothing to train on: there is no file under {place}{found}. "
            f"Upload files as {place}<class>/<file>.",
        }

    def _start(self, workload: str, listing: Listing) -> Answer:
        bucket = self.settings.data_bucket
        content = Manifest(
            workload=workload,
            bucket=bucket,
            prefix=names.upload_prefix(workload),
            objects=listing.objects,
        ).to_bytes()
        version = dataset_version(content)
        key = names.manifest_key(workload, version)
        now = self.clock()
        written = put_once(self.s3, bucket=bucket, key=key, content=content)
        run = start_run(
            self.sagemaker,
            pipeline=names.pipeline_name(self.settings.environment, workload),
            dataset_version=version,
            manifest_uri=f"s3://{bucket}/{key}",
            known=not written,
            now=now,
        )
        return {
            "outcome": "unchanged" if run.status_before else "started",
            "detail": _detail(version, listing, run),
            "dataset_version": version,
            "manifest": f"s3://{bucket}/{key}",
            "objects": len(listing.objects),
            "pipeline_execution": run.arn,
        }


def _detail(version: str, listing: Listing, run: Run) -> str:
    size = sum(item.size for item in listing.objects)
    left_out = f", left out {listing.skipped}" if listing.skipped else ""
    data = f"dataset version {version} ({len(listing.objects)} objects, {size} bytes{left_out})"
    if run.status_before is None:
        return f"{data} started {run.arn}"
    return (
        f"{data} had already started {run.arn}, which is {run.status_before}: the same versions of "
        "the same objects are not trained on twice. Upload a change, or use "
        "RetryPipelineExecution if that run failed"
    )
