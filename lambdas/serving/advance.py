"""Bring a run forward by one step: look at its job, sort what became of it, say what comes next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from contracts import names
from contracts.batch_run import BatchManifest
from lambdas.serving import progress as steps
from lambdas.serving.job_outcome import JobReader
from lambdas.serving.ledger import read_ledger, version_of, write_ledger
from lambdas.serving.progress import Answer, Failure, Job, Progress, Unit
from lambdas.serving.reporting import Reporter, headline, summary
from lambdas.serving.salvage import Salvage
from lambdas.serving.settings import AdvanceSettings
from lambdas.serving.store import RunStore
from lambdas.serving.transform_request import Places, transform_request
from lambdas.shared.aws_errors import is_missing

RUNNING = ("InProgress", "Stopping")

Step = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Advancer:
    """Advances runs. `s3`, `sagemaker` and `logs` are boto3 clients.

    Attributes:
        clock: ms since the epoch.
        in_time: whether there is time for more than to write down what was found.
    """

    settings: AdvanceSettings
    s3: Any
    sagemaker: Any
    logs: Any
    clock: Callable[[], int]
    in_time: Callable[[], bool]

    def advance(self, run: str, *, close: bool) -> Step:
        """What to do next. Called again, also after a crash, it goes on from what is written.

        | outcome | what to do |
        |---|---|
        | job | CreateTransformJob with `request`, unless it exists, and wait for `job` |
        | look | wait for `job` |
        | again | call again: there was no time to look at all |
        | stuck | SageMaker fails job after job for `detail`; the run stays open |
        | done | tell people `headline` and `detail`; the results are there |

        Args:
            close: no further jobs, since the run's model is not the champion any more.

        Raises:
            DocumentError: what is stored is something else.
            ClientError: AWS refuses a call.
        """
        manifest = self._store.manifest(run)
        progress = self._store.progress(manifest)
        job = progress.job
        if job is not None:
            status, reason = self._status(manifest, job)
            if status in RUNNING:
                return {"outcome": "look", "job": self._name(manifest, job)}
            if not status:
                if not close:
                    return self._ask(manifest, job)
                # It was never made, and is not going to be.
                progress = _taken_back(progress)
            else:
                progress, done = self._sort(manifest, progress, job, status, reason)
                if not done:
                    self._store.write_progress(run, progress)
                    return {"outcome": "again"}
        return self._next(manifest, progress, close=close)

    def _next(self, manifest: BatchManifest, progress: Progress, *, close: bool) -> Step:
        progress = steps.limit_jobs(progress)
        if progress.is_stuck and progress.waiting and not close:
            detail = progress.jobs[-1].reason or "SageMaker gave no reason"
            # The next execution has its tries again.
            self._store.write_progress(manifest.run, steps.restarted(progress))
            return {"outcome": "stuck", "detail": detail}
        if not close:
            progress = steps.next_job(progress)
        if progress.job is None:
            return self._finish(manifest, progress)
        places = Places(manifest=manifest)
        self._store.write(
            places.job_manifest(progress.job.number),
            places.sagemaker_manifest(progress.job.units),
        )
        self._store.write_progress(manifest.run, progress)
        return self._ask(manifest, progress.job)

    def _ask(self, manifest: BatchManifest, job: Job) -> Step:
        request = transform_request(job, Places(manifest=manifest), self.settings.transform)
        return {"outcome": "job", "job": request["TransformJobName"], "request": request}

    def _status(self, manifest: BatchManifest, job: Job) -> tuple[str, str]:
        """Of a job, with SageMaker's reason; empty where there is none of its name."""
        try:
            found = self.sagemaker.describe_transform_job(
                TransformJobName=self._name(manifest, job)
            )
        except ClientError as error:
            if is_missing(error):
                return "", ""
            raise
        return found["TransformJobStatus"], found.get("FailureReason", "")

    def _sort(
        self, manifest: BatchManifest, progress: Progress, job: Job, status: str, reason: str
    ) -> tuple[Progress, bool]:
        """What became of the job's units; False where there was no time for all of them."""
        places = Places(manifest=manifest)
        reader = self._reader(places)
        found = reader.find(job, self._name(manifest, job))
        progress = self._without_replaced(places, progress, job, found.replaced)
        settled = progress.settled
        open_units = [unit for unit in job.units if unit not in settled]
        to_check = [unit for unit in open_units if unit in found.with_answer]
        checked = list(reader.check(to_check, in_time=self.in_time))
        good = [each for each in checked if isinstance(each, Answer)]
        wrong = [each for each in checked if isinstance(each, Failure)]
        progress = steps.answered(progress, good)
        for failure in wrong:
            # Lines that are not those of the input must not be taken for its answers.
            self._store.delete(places.answer(failure.unit))
        progress = steps.failed(progress, wrong)
        if len(checked) < len(to_check):
            return progress, False
        named = [
            Failure(unit=unit, reason=found.named[unit])
            for unit in open_units
            if unit in found.named
        ]
        progress = steps.failed(progress, named)
        settled = progress.settled
        rest = [unit for unit in job.units if unit not in settled]
        ended = steps.end_job(progress, status=status, reason=reason, rest=rest)
        return self._cut(places, ended, job.units), True

    def _without_replaced(
        self, places: Places, progress: Progress, job: Job, replaced: frozenset[int]
    ) -> Progress:
        fresh = sorted(replaced - set(progress.replaced))
        for unit in job.units:
            if unit.input in fresh:
                self._store.delete(places.answer(unit))
        return replace(
            progress,
            replaced=(*progress.replaced, *fresh),
            answers=tuple(each for each in progress.answers if each.unit.input not in fresh),
        )

    def _cut(self, places: Places, progress: Progress, units: Sequence[Unit]) -> Progress:
        """With pieces in the place of those of `units` that failed and can be cut."""
        salvage, mine = self._salvage(places), frozenset(units)
        to_cut = [
            failure
            for failure in progress.failures
            if failure.unit in mine and salvage.can_cut(failure.unit)
        ]
        if not to_cut:
            return progress
        pieces, whole = salvage.cut(to_cut)
        cut = frozenset(to_cut)
        others = tuple(each for each in progress.failures if each not in cut)
        return steps.cut(replace(progress, failures=(*others, *whole)), pieces)

    def _finish(self, manifest: BatchManifest, progress: Progress) -> Step:
        places, left = Places(manifest=manifest), steps.left_over(progress)
        progress = steps.without(progress, left)
        now = datetime.fromtimestamp(self.clock() / 1000, tz=UTC)
        report = Reporter(
            environment=self.settings.transform.environment,
            places=places,
            progress=progress,
            put_together=self._salvage(places).put_together(progress),
            records=self._reader(places).records,
        ).report(ended_at=now.isoformat(timespec="seconds"))
        self._store.write_progress(manifest.run, progress)
        self._store.write_report(report)
        taken = [version_of(each) for n, each in enumerate(manifest.inputs) if n not in left]
        bucket, workload = self.settings.data_bucket, self.settings.workload
        ledger = read_ledger(self.s3, bucket=bucket, workload=workload)
        # Once the report is there: a run that is killed before is gone on with.
        write_ledger(self.s3, ledger.closed(taken), bucket=bucket, workload=workload)
        return {
            "outcome": "done",
            "headline": headline(report),
            "detail": summary(report, report_uri=self._store.report_uri(manifest.run)),
            "report": self._store.report_uri(manifest.run),
        }

    def _name(self, manifest: BatchManifest, job: Job) -> str:
        environment = self.settings.transform.environment
        return names.batch_job_name(environment, manifest.workload, manifest.run, job.number)

    @property
    def _store(self) -> RunStore:
        return RunStore(
            s3=self.s3, bucket=self.settings.data_bucket, workload=self.settings.workload
        )

    def _reader(self, places: Places) -> JobReader:
        return JobReader(
            store=self._store, places=places, logs=self.logs, split=self.settings.batch.split
        )

    def _salvage(self, places: Places) -> Salvage:
        return Salvage(store=self._store, places=places, split=self.settings.batch.split)


def _taken_back(progress: Progress) -> Progress:
    """Without the job that was not made; its units wait."""
    *before, job = progress.jobs
    return replace(progress, jobs=tuple(before), waiting=(job.units, *progress.waiting))
