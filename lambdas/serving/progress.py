"""How far a run is: what has been asked, what was answered, what is to be asked next. No I/O.

A run begins with one transform job for all its files. SageMaker answers the files that are well
and fails the job for those that are not. It names most of these in the job's log. What it neither
answered nor named - the job died on the way - is asked again: all of it where the job had come
forward, else in halves, so that one file that kills the container costs the others little.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

MAX_JOBS = 12
"""Of a run, not counting those that SageMaker itself failed; a job takes minutes to start."""
MAX_SERVICE_FAULTS = 3
"""One after the other, after which an operator is asked to look."""

# What a FailureReason begins with where the data or the model is at fault.
_OWN_FAULTS = ("ClientError", "AlgorithmError")

Group = tuple["Unit", ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """What is asked as one object: a file, or some lines of it.

    Attributes:
        input: index into the manifest.
        first, last: lines, counted from 1; None for the whole file.
        records: how many there are in the lines; None for a file that nobody has counted.
    """

    input: int
    first: int | None = None
    last: int | None = None
    records: int | None = None

    @property
    def is_piece(self) -> bool:
        """Whether it is some lines of a file."""
        return self.first is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A transform job; without a status it is not done, or not even made.

    Attributes:
        number: from 1.
        service_fault: whether SageMaker itself failed it.
    """

    number: int
    units: Group
    status: str | None = None
    reason: str | None = None
    service_fault: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the model answered; `records` counts them."""

    unit: Unit
    records: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """What has no answer, and why."""

    unit: Unit
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Attributes:
    waiting: groups to be asked, each with one job; all of a group are files, or all are pieces.
    replaced: inputs that are another version, or gone, by now.
    service_faults: of SageMaker's, one after the other.
    """

    jobs: tuple[Job, ...] = ()
    waiting: tuple[Group, ...] = ()
    answers: tuple[Answer, ...] = ()
    failures: tuple[Failure, ...] = ()
    replaced: tuple[int, ...] = ()
    service_faults: int = 0

    @property
    def job(self) -> Job | None:
        """The job that is not done."""
        return self.jobs[-1] if self.jobs and self.jobs[-1].status is None else None

    @property
    def is_stuck(self) -> bool:
        """Whether SageMaker itself fails job after job."""
        return self.service_faults >= MAX_SERVICE_FAULTS

    @property
    def settled(self) -> frozenset[Unit]:
        """Units of which it is known what became of them."""
        known = [answer.unit for answer in self.answers]
        known += [failure.unit for failure in self.failures]
        return frozenset([*known, *(Unit(input=index) for index in self.replaced)])


def begin(inputs: int) -> Progress:
    """Of a run with so many inputs: all of them in one job."""
    return Progress(waiting=(tuple(Unit(input=index) for index in range(inputs)),))


def next_job(progress: Progress) -> Progress:
    """With the next group's job begun; the same where a job is not done or nothing waits."""
    if progress.job is not None or not progress.waiting:
        return progress
    units, *rest = progress.waiting
    job = Job(number=len(progress.jobs) + 1, units=units)
    return replace(progress, jobs=(*progress.jobs, job), waiting=tuple(rest))


def end_job(progress: Progress, *, status: str, reason: str, rest: Iterable[Unit]) -> Progress:
    """With the job done; what it neither answered nor gave a reason for (`rest`) waits again, or
    has failed.

    Raises:
        ValueError: no job is on its way.
    """
    job, left = progress.job, tuple(rest)
    if job is None:
        raise ValueError("no job is on its way")
    fault = status != "Completed" and not reason.startswith(_OWN_FAULTS)
    ended = replace(job, status=status, reason=reason or None, service_fault=fault)
    after = replace(
        progress,
        jobs=(*progress.jobs[:-1], ended),
        service_faults=progress.service_faults + 1 if fault else 0,
    )
    if fault:
        return _waiting(after, [left])
    if status == "Completed":
        return _given_up(after, left, "SageMaker wrote no output for it, and gave no reason")
    if len(left) == 1 and len(job.units) == 1:
        return _given_up(after, left, reason)
    came_forward = len(left) < len(job.units)
    return _waiting(after, [left] if came_forward else _halves(left))


def limit_jobs(progress: Progress) -> Progress:
    """With what waits given up where the run has had its jobs."""
    charged = [job for job in progress.jobs if not job.service_fault]
    if len(charged) < MAX_JOBS or progress.job is not None:
        return progress
    left = tuple(unit for group in progress.waiting for unit in group)
    reason = f"not answered in {MAX_JOBS} jobs; the last one said: {charged[-1].reason}"
    return _given_up(replace(progress, waiting=()), left, reason)


def left_over(progress: Progress) -> frozenset[int]:
    """Inputs that wait, wholly or with some of their lines, or that were replaced."""
    waiting = (unit.input for group in progress.waiting for unit in group)
    return frozenset([*waiting, *progress.replaced])


def without(progress: Progress, inputs: frozenset[int]) -> Progress:
    """With nothing known of these inputs, so that nothing is told of a part of them."""
    return replace(
        progress,
        answers=tuple(each for each in progress.answers if each.unit.input not in inputs),
        failures=tuple(each for each in progress.failures if each.unit.input not in inputs),
    )


def answered(progress: Progress, answers: Iterable[Answer]) -> Progress:
    """With answers to units."""
    return replace(progress, answers=(*progress.answers, *answers))


def failed(progress: Progress, failures: Iterable[Failure]) -> Progress:
    """With units that have no answer."""
    return replace(progress, failures=(*progress.failures, *failures))


def cut(progress: Progress, pieces: Iterable[Unit]) -> Progress:
    """With pieces of files that wait for a job of their own."""
    return _waiting(progress, [tuple(pieces)])


def restarted(progress: Progress) -> Progress:
    """With SageMaker's faults forgotten: an operator, or the next upload, tries again."""
    return replace(progress, service_faults=0)


def _waiting(progress: Progress, groups: Iterable[Group]) -> Progress:
    some = [group for group in groups if group]
    return replace(progress, waiting=(*progress.waiting, *some))


def _given_up(progress: Progress, units: Group, reason: str) -> Progress:
    return failed(progress, [Failure(unit=unit, reason=reason) for unit in units])


def _halves(units: Group) -> list[Group]:
    middle = (len(units) + 1) // 2
    return [units[:middle], units[middle:]]
