"""What became of each unit of a transform job that ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lambdas.serving import data_log
from lambdas.serving.progress import Answer, Failure, Job, Unit
from lambdas.serving.records import Split, count_records
from lambdas.serving.store import RunStore
from lambdas.serving.transform_request import Places
from lambdas.shared.object_listing import list_latest

_AT_ONCE = 8
"""Objects that are read at once."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is known of a job's units without reading an object.

    Attributes:
        with_answer: units that SageMaker wrote an answer for.
        named: what the job's log says against units, by unit.
        replaced: indices of inputs of which another version, or none, is there by now: SageMaker
            reads what is there, so that nobody knows which version it answered.
    """

    with_answer: frozenset[Unit]
    named: Mapping[Unit, str]
    replaced: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class JobReader:
    """Reads what a job left. `logs` is a boto3 client; calls raise ClientError."""

    store: RunStore
    places: Places
    logs: Any
    split: Split

    def find(self, job: Job, name: str) -> Found:
        """`name` is SageMaker's."""
        answers = self.store.keys(self.places.answer_uri(job.units).split("/", 3)[3])
        bucket = self.places.manifest.bucket
        by_label = {f"{bucket}/{self.places.source(unit)}": unit for unit in job.units}
        said = data_log.reasons(data_log.read_data_log(self.logs, name), by_label)
        with_answer = frozenset(u for u in job.units if self.places.answer(u) in answers)
        return Found(
            with_answer=with_answer,
            named={
                by_label[label]: reason
                for label, reason in said.items()
                if by_label[label] not in with_answer
            },
            replaced=frozenset(self._replaced(job)),
        )

    def _replaced(self, job: Job) -> Iterator[int]:
        files = [unit.input for unit in job.units if not unit.is_piece]
        if not files:
            return
        manifest = self.places.manifest
        listing = list_latest(self.store.s3, bucket=manifest.bucket, prefix=manifest.prefix)
        latest = {each.key: each.version_id for each in listing.objects}
        for index in files:
            item = manifest.inputs[index]
            if latest.get(item.key) != item.version_id:
                yield index

    def check(
        self, units: Iterable[Unit], *, in_time: Callable[[], bool]
    ) -> Iterator[Answer | Failure]:
        """Count the records of units that have an answer: there must be as many as were asked.

        Stops early where there is no time left; what was not yielded is to be checked later.
        """
        waiting = iter(units)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while in_time() and (some := list(islice(waiting, _AT_ONCE))):
                yield from pool.map(self._check, some)

    def records(self, unit: Unit) -> int:
        """How many records a unit has."""
        if unit.records is not None:
            return unit.records
        item = self.places.manifest.inputs[unit.input]
        return count_records(self.store.chunks(item.key, item.version_id), self.split)

    def _check(self, unit: Unit) -> Answer | Failure:
        asked = self.records(unit)
        got = count_records(self.store.chunks(self.places.answer(unit)), self.split)
        if asked != got:
            return Failure(
                unit=unit, reason=f"the model answered {got} records where {asked} were asked"
            )
        return Answer(unit=unit, records=got)
