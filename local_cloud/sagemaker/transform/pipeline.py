"""Input objects through the model to output objects: requests in parallel, order kept.

As on AWS a bad record costs its file's output, and the other files go on: "Use Batch Transform
to Get Inferences from Large Datasets" in the SageMaker developer guide.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_cloud.sagemaker.runner import objects
from local_cloud.sagemaker.runner.objects import DataError
from local_cloud.sagemaker.runner.places import S3Place
from local_cloud.sagemaker.runner.sources import SourceObject
from local_cloud.sagemaker.transform import records
from local_cloud.sagemaker.transform.data_processing import DataProcessing, RecordError
from local_cloud.sagemaker.transform.invocation import InvocationError

POLL_SECONDS = 0.2


class HaltedError(Exception):
    """The job was stopped, or the local cloud stops."""


@dataclass(frozen=True)
class Failure:
    """Why an object has no output; ``kind`` is ClientError or AlgorithmError."""

    source: SourceObject
    kind: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Cut:
    """How files become requests, and answers files."""

    gzipped: bool
    by_line: bool
    single: bool
    most_bytes: int
    newline: bool
    """Whether the output of each request ends with one."""


@dataclass(kw_only=True)
class _File:
    source: SourceObject
    output: Path
    failure: Failure | None = None


@dataclass(frozen=True)
class _Request:
    """A request of a file; without an answer it marks the file's end."""

    file: _File
    answer: Future[bytes] | None


@dataclass(kw_only=True)
class Pipeline:
    """``ask`` sends one body to the model; ``log`` takes SageMaker's own lines about an object."""

    s3: Any
    target: S3Place
    kms_key: str | None
    scratch: Path
    cut: Cut
    processing: DataProcessing | None
    concurrency: int
    ask: Callable[[bytes], bytes]
    halted: Callable[[], bool]
    log: Callable[[SourceObject, Sequence[str]], None]
    failures: list[Failure] = field(default_factory=list)

    def run(self, inputs: Sequence[SourceObject]) -> list[Failure]:
        """Transform all; answers what failed. Raises HaltedError, UploadError, AlgorithmError."""
        pool = ThreadPoolExecutor(self.concurrency, thread_name_prefix="transform")
        # More than can be asked at once, so that one slow answer leaves no thread without work.
        most, window = 2 * self.concurrency, deque[_Request]()
        try:
            for request in self._requests(pool, inputs):
                window.append(request)
                if len(window) > most:
                    self._settle(window.popleft())
            while window:
                self._settle(window.popleft())
        finally:
            # The requests on their way end with the server, which the caller stops.
            pool.shutdown(wait=False, cancel_futures=True)
        return self.failures

    def _requests(
        self, pool: ThreadPoolExecutor, inputs: Sequence[SourceObject]
    ) -> Iterator[_Request]:
        for number, source in enumerate(inputs):
            path = self.scratch / f"{number}.in"
            file = _File(source=source, output=self.scratch / f"{number}.out")
            try:
                objects.download_object(self.s3, source.place, path)
                for batch in self._batches(path):
                    if file.failure is not None:
                        break
                    yield _Request(file, pool.submit(self._transform, batch))
            except DataError as error:
                self._fail(file, "ClientError", [str(error)])
            path.unlink(missing_ok=True)
            yield _Request(file, None)

    def _batches(self, path: Path) -> Iterator[list[bytes]]:
        by_line = self.processing is not None and self.processing.by_line
        return records.batches(
            path,
            gzipped=self.cut.gzipped,
            by_line=self.cut.by_line or by_line,
            one_request=not self.cut.by_line,
            single=self.cut.single,
            most_bytes=self.cut.most_bytes,
        )

    def _transform(self, batch: list[bytes]) -> bytes:
        """On a thread of the pool: the output of one request."""
        processing = self.processing
        if processing is None:
            return self.ask(b"\n".join(batch))
        answer = self.ask(b"\n".join([processing.model_input(record) for record in batch]))
        return b"\n".join(processing.outputs(batch, answer))

    def _settle(self, request: _Request) -> None:
        """In the files' and records' order."""
        file = request.file
        if request.answer is None:
            self._finish(file)
            return
        try:
            piece = self._await(request.answer)
        except InvocationError as error:
            self._fail(file, error.kind, error.lines)
        except RecordError as error:
            self._fail(file, "ClientError", [str(error)])
        else:
            if file.failure is None:
                self._append(file.output, piece)

    def _await(self, answer: Future[bytes]) -> bytes:
        while True:
            if self.halted():
                raise HaltedError
            try:
                return answer.result(POLL_SECONDS)
            except TimeoutError:
                if answer.done():
                    raise

    def _append(self, output: Path, piece: bytes) -> None:
        if self.cut.newline:
            piece = piece.removesuffix(b"\n").removesuffix(b"\r") + b"\n"
        with output.open("ab") as file:
            file.write(piece)

    def _finish(self, file: _File) -> None:
        if self.halted():
            raise HaltedError
        if file.failure is None:
            # An object without records has an output without records.
            file.output.touch()
            target = self.target / f"{file.source.name}.out"
            objects.upload_file(self.s3, file.output, target, kms_key=self.kms_key)
        file.output.unlink(missing_ok=True)

    def _fail(self, file: _File, kind: str, lines: Sequence[str]) -> None:
        # Requests of the file that were on their way may fail too: the first says why.
        if file.failure is not None:
            return
        reason = " ".join(line for line in lines if line)
        file.failure = Failure(file.source, kind, reason)
        self.failures.append(file.failure)
        self.log(file.source, lines)
