"""Answer the good records of a file that has bad ones.

SageMaker writes no answer for a file of which it could not answer each record. Such a file is cut
into pieces, which are files of their own to one further job: those that are well are answered,
and a bad piece of one line is a record that failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.batch_run import COMPLETE, IN_PART
from lambdas.serving.progress import Failure, Progress, Unit
from lambdas.serving.records import Split, cut_lines
from lambdas.serving.store import RunStore
from lambdas.serving.transform_request import Places

MAX_PIECES = 1_000
"""Of one job, whichever files they are of."""
MAX_BYTES = 16 * 1024 * 1024
"""Of a file that is cut; a larger one fails as a whole."""


@dataclass(frozen=True, kw_only=True)
class Salvage:
    """Cuts files and puts answers together. Calls raise ClientError."""

    store: RunStore
    places: Places
    split: Split

    def can_cut(self, unit: Unit) -> bool:
        """Whether smaller pieces of a unit could be asked."""
        size = self.places.manifest.inputs[unit.input].size
        return self.split == "line" and size <= MAX_BYTES and unit.records != 1

    def cut(self, failures: Sequence[Failure]) -> tuple[list[Unit], list[Failure]]:
        """Write pieces of what failed.

        Returns:
            The pieces, and what stays as it is: single records, and what is too much for one job.
        """
        chosen = failures[: MAX_PIECES // 2]
        pieces: list[Unit] = []
        whole = list(failures[len(chosen) :])
        for failure in chosen:
            found = self._cut(failure.unit, MAX_PIECES // len(chosen))
            # One record is what it was before.
            pieces += found if len(found) > 1 else []
            whole += [] if len(found) > 1 else [_of_lines(failure, found)]
        return pieces, whole

    def put_together(self, progress: Progress) -> dict[int, str]:
        """Write the answers of each input that was cut, in the order of its lines.

        Returns:
            Keys of the answers, by input.
        """
        pieces: dict[int, list[Unit]] = {}
        for answer in progress.answers:
            if answer.unit.is_piece:
                pieces.setdefault(answer.unit.input, []).append(answer.unit)
        incomplete = {failure.unit.input for failure in progress.failures}
        written = {}
        for index, units in pieces.items():
            ending = IN_PART if index in incomplete else COMPLETE
            written[index] = self.places.result(index, ending)
            ordered = sorted(units, key=lambda unit: unit.first or 0)
            answers = [self.store.read(self.places.answer(unit)) for unit in ordered]
            content = b"".join(answer.rstrip(b"\r\n") + b"\n" for answer in answers)
            self.store.write(written[index], content)
        return written

    def _cut(self, unit: Unit, pieces: int) -> list[Unit]:
        item = self.places.manifest.inputs[unit.input]
        content = self.store.read(item.key, item.version_id)
        found = []
        for piece in cut_lines(content, pieces=max(2, pieces), first=unit.first, last=unit.last):
            smaller = Unit(
                input=unit.input, first=piece.first, last=piece.last, records=piece.records
            )
            self.store.write(self.places.source(smaller), piece.content)
            found.append(smaller)
        return found


def _of_lines(failure: Failure, found: Sequence[Unit]) -> Failure:
    """The failure of a file of one record, with the record's line."""
    return Failure(unit=found[0], reason=failure.reason) if found else failure
