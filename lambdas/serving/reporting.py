"""What a run has to say when it is done: the report, and the notice that people get."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from contracts import names
from contracts.batch_run import (
    BatchJob,
    BatchManifest,
    BatchReport,
    BatchResult,
    Counts,
    FailedRecords,
    UntakenInput,
)
from lambdas.serving.progress import Progress, Unit, left_over
from lambdas.serving.transform_request import Places

_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class Reporter:
    """Attributes:
    put_together: keys of the answers to inputs that were cut, by input.
    records: how many records a unit has.
    """

    environment: str
    places: Places
    progress: Progress
    put_together: Mapping[int, str]
    records: Callable[[Unit], int]

    @property
    def manifest(self) -> BatchManifest:
        return self.places.manifest

    def report(self, *, ended_at: str) -> BatchReport:
        """Raises ClientError, where records are to be counted."""
        results, failed = tuple(self._results()), tuple(self._failed())
        answered = sum(each.records for each in results)
        lost = sum(each.records for each in failed)
        return BatchReport(
            run=self.manifest.run,
            workload=self.manifest.workload,
            model_package=self.manifest.model_package,
            model=self.manifest.model,
            started_at=self.manifest.created_at,
            ended_at=ended_at,
            records=Counts(read=answered + lost, answered=answered, failed=lost),
            results=results,
            failed=failed,
            untaken=tuple(self._untaken()),
            jobs=tuple(self._jobs()),
        )

    def _results(self) -> Iterator[BatchResult]:
        for answer in self.progress.answers:
            if not answer.unit.is_piece:
                item = self.manifest.inputs[answer.unit.input]
                yield BatchResult(
                    input=item.key,
                    version_id=item.version_id,
                    output=self.places.answer(answer.unit),
                    records=answer.records,
                    complete=True,
                )
        incomplete = {failure.unit.input for failure in self.progress.failures}
        for index, output in self.put_together.items():
            item = self.manifest.inputs[index]
            yield BatchResult(
                input=item.key,
                version_id=item.version_id,
                output=output,
                records=sum(
                    answer.records for answer in self.progress.answers if answer.unit.input == index
                ),
                complete=index not in incomplete,
            )

    def _failed(self) -> Iterator[FailedRecords]:
        for failure in self.progress.failures:
            unit = failure.unit
            item = self.manifest.inputs[unit.input]
            yield FailedRecords(
                input=item.key,
                version_id=item.version_id,
                records=self.records(unit),
                reason=failure.reason,
                first_line=unit.first,
                last_line=unit.last,
            )

    def _untaken(self) -> Iterator[UntakenInput]:
        left = dict.fromkeys(
            left_over(self.progress), "the run ended before: its model is not the champion any more"
        )
        left |= dict.fromkeys(
            self.progress.replaced, "another version, or none, was there before it was answered"
        )
        for index, reason in sorted(left.items()):
            item = self.manifest.inputs[index]
            yield UntakenInput(input=item.key, version_id=item.version_id, reason=reason)

    def _jobs(self) -> Iterator[BatchJob]:
        for job in self.progress.jobs:
            yield BatchJob(
                name=names.batch_job_name(
                    self.environment, self.manifest.workload, self.manifest.run, job.number
                ),
                inputs=len(job.units),
                status=job.status or "",
                reason=job.reason,
            )


def headline(report: BatchReport) -> str:
    """The subject of the notice: at most 99 characters, as SNS has it."""
    if not report.failed:
        state = "Batch answered" if report.results else "Batch without answers"
    else:
        state = "Batch answered in part" if report.results else "Batch failed"
    return f"{state}: {report.workload}"[:99]


def summary(report: BatchReport, *, report_uri: str) -> str:
    """The notice."""
    counts = report.records
    lines = [
        f"{counts.answered} of {counts.read} records of {report.workload} were answered by "
        f"{report.model} ({report.model_package}), {counts.failed} failed.",
        *_failures(report),
    ]
    if report.untaken:
        lines.append(f"Left for the next run: {len(report.untaken)} files")
    if report.failed:
        lines.append(
            "Failed inputs stay where they are and are not taken again by themselves. Upload them "
            "anew, or start the state machine with the input "
            f'{{"again": "{report.run}"}}'
        )
    return "\n".join([*lines, f"Report: {report_uri}"])


def _failures(report: BatchReport) -> Iterator[str]:
    for each in report.failed[:_SHOWN]:
        yield f"  {each.input}{_lines(each)}: {each.reason}"
    if len(report.failed) > _SHOWN:
        yield f"  and {len(report.failed) - _SHOWN} more"


def _lines(failed: FailedRecords) -> str:
    if failed.first_line is None:
        return ""
    if failed.first_line == failed.last_line:
        return f", line {failed.first_line}"
    return f", lines {failed.first_line} to {failed.last_line}"
