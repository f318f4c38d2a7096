"""The workers of the stand-in that serves PyTorch: processes, each with the model loaded.

As in TorchServe a worker answers one request at a time, so a model's functions need not be
thread-safe, and one that dies or does not answer in time is replaced.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import queue
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from local_cloud.containers import inference_toolkit
from local_cloud.containers.inference_toolkit import content_types, decoder, encoder, errors
from local_cloud.containers.pytorch_serving_handlers import Answer, Handlers

logger = logging.getLogger("pytorch_serving")
SOURCE = str(Path(__file__).resolve().parents[2])
STOP_SECONDS = 5.0
FIRST_PAUSE_SECONDS, LAST_PAUSE_SECONDS = 1.0, 30.0


class ModelError(Exception):
    """A worker could not load the model."""


class WorkerDiedError(Exception):
    """The worker ended, or did not answer in time, while it had a request."""


@dataclass(frozen=True)
class Job:
    """What every worker needs: ``search`` goes before the rest of its sys.path."""

    module_name: str
    model_dir: str
    default_accept: str
    search: Sequence[str]
    load_seconds: float
    answer_seconds: float


class Worker:
    """One process."""

    def __init__(self, job: Job) -> None:
        """Blocks until the model is loaded. Raises ModelError."""
        self._job = job
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_work, args=(job, theirs), daemon=True)
        self._process.start()
        theirs.close()
        try:
            fault = self._receive(job.load_seconds)
        except WorkerDiedError as error:
            self.end()
            raise ModelError(f"the worker {error} while it loaded the model") from error
        if fault is not None:
            self.end()
            raise ModelError(str(fault))

    def answer(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raises WorkerDiedError; the worker is to be ended then."""
        try:
            self._pipe.send((dict(headers), body))
        except OSError as error:
            raise WorkerDiedError("died") from error
        answer = self._receive(self._job.answer_seconds)
        if not isinstance(answer, Answer):
            raise TypeError(f"a worker answered {answer!r}")
        return answer

    def _receive(self, seconds: float) -> object:
        try:
            if not self._pipe.poll(seconds):
                raise WorkerDiedError(f"did not answer within {seconds:g} seconds")
            return self._pipe.recv()
        except (EOFError, OSError) as error:
            raise WorkerDiedError("died") from error

    def end(self) -> None:
        """A worker ends when its pipe does; one that does not is killed."""
        self._pipe.close()
        self._process.join(STOP_SECONDS)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()


class Pool:
    """So many workers; a request takes one that has none."""

    def __init__(self, job: Job, count: int) -> None:
        """Blocks until all have loaded the model. Raises ModelError."""
        self._job = job
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._alive = 0
        self._lock = threading.Lock()
        self._closed = threading.Event()
        for _ in range(count):
            self._start_one()

    @property
    def healthy(self) -> bool:
        return self._alive > 0

    def answer(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Waits for a worker. Raises WorkerDiedError; another is started in its place."""
        worker = self._idle.get()
        try:
            answer = worker.answer(headers, body)
        except WorkerDiedError:
            logger.exception("a worker is replaced")
            with self._lock:
                self._alive -= 1
            threading.Thread(target=self._replace, args=(worker,), daemon=True).start()
            raise
        self._idle.put(worker)
        return answer

    def close(self) -> None:
        """End the workers that have no request; those that have one end with this process."""
        self._closed.set()
        while not self._idle.empty():
            self._idle.get().end()

    def _start_one(self) -> None:
        worker = Worker(self._job)
        with self._lock:
            self._alive += 1
        self._idle.put(worker)

    def _replace(self, worker: Worker) -> None:
        worker.end()
        pause = FIRST_PAUSE_SECONDS
        while not self._closed.is_set():
            try:
                self._start_one()
            except ModelError:
                logger.exception("no worker")
                self._closed.wait(pause)
                pause = min(2 * pause, LAST_PAUSE_SECONDS)
            else:
                return


def _work(job: Job, pipe: Connection) -> None:
    """A worker's whole life: None once the model is loaded (or what was wrong), then answers."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s:%(message)s")
    # The model's code must not see this project's packages: in the container they are not there.
    rest = [entry for entry in sys.path if entry not in ("", SOURCE)]
    sys.path[:] = [*job.search, *rest]
    os.environ["PYTHONPATH"] = os.pathsep.join(job.search)
    _name_toolkit()
    try:
        handlers = Handlers(job.module_name, job.model_dir, job.default_accept)
    except Exception as error:
        logger.exception("the model cannot be loaded")
        pipe.send(f"{type(error).__name__}: {error}")
        return
    pipe.send(None)
    while True:
        try:
            headers, body = pipe.recv()
        except EOFError:
            return
        pipe.send(handlers.answer(headers, body))


def _name_toolkit() -> None:
    """Give the toolkit's modules under the name by which a model's code imports them."""
    sys.modules["sagemaker_inference"] = inference_toolkit
    for module in (content_types, decoder, encoder, errors):
        sys.modules[f"sagemaker_inference.{module.__name__.rsplit('.', 1)[-1]}"] = module
