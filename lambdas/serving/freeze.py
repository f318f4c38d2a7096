"""Begin a run: what is new under the prefix becomes the run's manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts import names
from contracts.batch_run import BatchInput, BatchManifest
from contracts.champion_record import Deployed
from lambdas.serving.champion import read_champion
from lambdas.serving.ledger import Ledger, Version, read_ledger, version_of, write_ledger
from lambdas.serving.settings import FreezeSettings
from lambdas.serving.store import RunStore
from lambdas.shared.object_listing import Listing, list_latest

MAX_INPUTS = 20_000
"""Of a run; what is more is the next run's."""

Answer = dict[str, Any]


class NoSuchRunError(Exception):
    """A run that is to be tried again has no report."""


@dataclass(frozen=True, kw_only=True)
class Freezer:
    """Begins runs. `s3` and `ssm` are boto3 clients; `clock` gives ms since the epoch."""

    settings: FreezeSettings
    s3: Any
    ssm: Any
    clock: Callable[[], int]

    def freeze(self, event: Mapping[str, Any]) -> Answer:
        """`{"overdue", "again"}` -> `outcome`, `detail` and what belongs to the outcome.

        | outcome | what it means |
        |---|---|
        | wait | files still come: call again after `wait_seconds` |
        | empty | there is nothing new |
        | no_champion | there is something new and no model to answer it |
        | run | the run `run` is to be advanced; with `close` it is to be ended instead, since its model is not the champion any more |

        With `overdue` what is there is taken although files still come. `again` names a run whose
        failed inputs are to be taken again.

        Raises:
            NoSuchRunError: the run of `again` is not one that is done.
            ChampionRecordError, DocumentError: what is stored is something else.
            ClientError: AWS refuses a call.
        """  # noqa: E501 - a row of a table is one line
        ledger = self._ledger()
        champion = read_champion(
            self.ssm, environment=self.settings.environment, workload=self.settings.workload
        )
        if ledger.open_run:
            return self._go_on(ledger.open_run, champion)
        listing = list_latest(self.s3, bucket=self.settings.data_bucket, prefix=self._prefix)
        ledger = self._with_again(ledger, event.get("again") or "")
        new = _new(listing, ledger)
        if not new:
            return {"outcome": "empty", "detail": f"Nothing new under {self._place}"}
        wait_ms = listing.newest_ms + self.settings.quiet_seconds * 1000 - self.clock()
        if wait_ms > 0 and not event.get("overdue"):
            wait_seconds = -(-wait_ms // 1000)
            return {"outcome": "wait", "detail": "files still come", "wait_seconds": wait_seconds}
        if champion is None:
            return {
                "outcome": "no_champion",
                "detail": f"{_files(len(new))} under {self._place} wait for an answer, and no "
                f"model of {self.settings.workload} has been deployed yet. Approve a model, then "
                "start this state machine again; the next upload and the schedule do so as well.",
            }
        return self._begin(new[:MAX_INPUTS], ledger, listing, champion)

    def _go_on(self, run: str, champion: Deployed | None) -> Answer:
        manifest = self._store.manifest(run)
        # A model that is not the champion may be deleted at any time.
        close = champion is None or champion.model != manifest.model
        return {
            "outcome": "run",
            "run": run,
            "close": close,
            "detail": f"{run} was not done: it is {'ended' if close else 'gone on with'}",
        }

    def _begin(
        self,
        inputs: Sequence[BatchInput],
        ledger: Ledger,
        listing: Listing,
        champion: Deployed,
    ) -> Answer:
        now = datetime.fromtimestamp(self.clock() / 1000, tz=UTC)
        manifest = BatchManifest(
            run=_run_name(now, inputs),
            workload=self.settings.workload,
            bucket=self.settings.data_bucket,
            prefix=self._prefix,
            model_package=champion.package,
            model=champion.model,
            created_at=now.isoformat(timespec="seconds"),
            inputs=tuple(inputs),
        )
        self._store.write_manifest(manifest)
        # From here on the run is the one that executions go on with.
        opened = ledger.opened(manifest.run, existing_keys=[each.key for each in listing.objects])
        write_ledger(
            self.s3, opened, bucket=self.settings.data_bucket, workload=self.settings.workload
        )
        return {
            "outcome": "run",
            "run": manifest.run,
            "close": False,
            "detail": f"{_files(len(inputs))} for {champion.model}",
        }

    def _with_again(self, ledger: Ledger, again: str) -> Ledger:
        if not again:
            return ledger
        report = self._store.report(again)
        if report is None:
            raise NoSuchRunError(
                f"there is no run {again!r} that is done: {self._store.report_uri(again)} is "
                "missing. Name a folder of "
                f"s3://{self.settings.data_bucket}/"
                f"{names.batch_runs_prefix(self.settings.workload)}"
            )
        return ledger.without((each.input, each.version_id) for each in report.failed)

    def _ledger(self) -> Ledger:
        return read_ledger(
            self.s3, bucket=self.settings.data_bucket, workload=self.settings.workload
        )

    @property
    def _store(self) -> RunStore:
        return RunStore(
            s3=self.s3, bucket=self.settings.data_bucket, workload=self.settings.workload
        )

    @property
    def _prefix(self) -> str:
        return names.batch_input_prefix(self.settings.workload)

    @property
    def _place(self) -> str:
        return f"s3://{self.settings.data_bucket}/{self._prefix}"


def _new(listing: Listing, ledger: Ledger) -> list[BatchInput]:
    inputs = [
        BatchInput(key=each.key, version_id=each.version_id, size=each.size, etag=each.etag)
        for each in listing.objects
    ]
    return [each for each in inputs if version_of(each) not in ledger.taken]


def _run_name(now: datetime, inputs: Sequence[BatchInput]) -> str:
    """`<UTC time>-<8 hex>`; the digits name the run's transform jobs."""
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    made_of: list[Version] = [version_of(each) for each in inputs]
    return f"{moment}-{hashlib.sha256(f'{moment}{made_of}'.encode()).hexdigest()[:8]}"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
