"""What a batch run leaves in the data bucket: its manifest at the start, its report at the end.

    batch/<workload>/input/...                          what is to be answered
    batch/<workload>/ledger.json                        which inputs were answered, which run is open
    batch/<workload>/runs/<run>/manifest.json           the inputs, and the model that answers
    batch/<workload>/runs/<run>/output/<file>.out       answers, one line a record, in its order
    batch/<workload>/runs/<run>/output/<file>.part      the same, without the records that failed
    batch/<workload>/runs/<run>/report.json             what was answered, what failed and why

A run is done when it has a report. `documents` says how these classes are written as JSON.
"""  # noqa: E501 - a row of a listing is one line

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from contracts.documents import DocumentError, from_document, to_document

MANIFEST = "manifest.json"
REPORT = "report.json"
OUTPUT = "output/"
COMPLETE = ".out"
"""After a file's name: every record of the file is answered, line by line."""
IN_PART = ".part"
"""After a file's name: records are missing, so that its lines are not those of the input."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchInput:
    """One version of one object.

    Attributes:
        size: bytes.
        etag: without quotes.
    """

    key: str
    version_id: str
    size: int
    etag: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchManifest:
    """What a run answers, and by which model.

    Attributes:
        run: `<UTC time>-<8 hex>`, the name of the run's folder.
        prefix: that the inputs' keys have in common.
        model: SageMaker's name of the model made of `model_package`, an ARN.
        created_at: ISO 8601, UTC.
    """

    run: str
    workload: str
    bucket: str
    prefix: str
    model_package: str
    model: str
    created_at: str
    inputs: tuple[BatchInput, ...]
    schema_version: int = 1

    def to_bytes(self) -> bytes:
        """JSON."""
        return as_json(self)

    @classmethod
    def parse(cls, content: bytes) -> BatchManifest:
        """Raises DocumentError with all faults."""
        return from_document(cls, read_json(content, _MANIFEST), what=_MANIFEST)


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchResult:
    """The answers to one input.

    Attributes:
        output: key of the answers.
        records: how many are answered.
        complete: whether that is every record of the input.
    """

    input: str
    version_id: str
    output: str
    records: int
    complete: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedRecords:
    """What was not answered.

    Attributes:
        records: how many.
        first_line, last_line: of the input, counted from 1; None for the whole of it.
        reason: SageMaker's, or the model's own.
    """

    input: str
    version_id: str
    records: int
    reason: str
    first_line: int | None = None
    last_line: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class UntakenInput:
    """An input of the manifest that the run neither answered nor gave up; a later run takes what
    is there then."""

    input: str
    version_id: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchJob:
    """A transform job of the run; `inputs` counts the files or the pieces of files."""

    name: str
    inputs: int
    status: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Attributes:
    read: how many there were, `answered` and `failed` together.
    """

    read: int
    answered: int
    failed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchReport:
    """What became of a run's inputs; each is under `results`, `failed` or `untaken`, and one of
    which some records failed under the first two."""

    run: str
    workload: str
    model_package: str
    model: str
    started_at: str
    ended_at: str
    records: Counts
    results: tuple[BatchResult, ...]
    failed: tuple[FailedRecords, ...]
    untaken: tuple[UntakenInput, ...]
    jobs: tuple[BatchJob, ...]
    schema_version: int = 1

    def to_bytes(self) -> bytes:
        """JSON."""
        return as_json(self)

    @classmethod
    def parse(cls, content: bytes) -> BatchReport:
        """Raises DocumentError with all faults."""
        return from_document(cls, read_json(content, _REPORT), what=_REPORT)


_MANIFEST = "the batch run's manifest"
_REPORT = "the batch run's report"


def as_json(document: Any) -> bytes:
    """A dataclass as JSON that people can read."""
    return json.dumps(to_document(document), indent=1, ensure_ascii=False).encode()


def read_json(content: bytes, what: str) -> Any:
    """Raises DocumentError."""
    try:
        return json.loads(content)
    except ValueError as error:
        raise DocumentError(what, [f"it is no JSON: {error}"]) from error
