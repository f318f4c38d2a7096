"""Start and end the process that sends the load."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.cloud import Cloud
from demo.deploy import ROOT
from tests.deployment_drill.answers import Answer, read_answers

BEGIN_SECONDS = 30.0


class RunningLoad:
    """The answers so far, and at last all of them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def answers(self) -> list[Answer]:
        return read_answers(self._path) if self._path.exists() else []

    def await_requests(self, number: int) -> None:
        """Until so many requests were answered since the load began."""
        while len(self.answers()) < number:
            time.sleep(0.2)


@contextmanager
def load_on(cloud: Cloud, endpoint: str, *, rate: float, folder: Path) -> Iterator[RunningLoad]:
    """Steady load on an endpoint, `rate` requests a second; ends with the block, and then every
    request is answered."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{endpoint}.jsonl"
    command = [sys.executable, "-m", "tests.deployment_drill.load", "--endpoint", endpoint]
    command += ["--rate", str(rate), "--answers", str(path)]
    with (
        (folder / f"{endpoint}.log").open("w") as log,
        subprocess.Popen(
            command, cwd=ROOT, env=cloud.environment, stdin=subprocess.PIPE, stdout=log, stderr=log
        ) as process,
    ):
        load = RunningLoad(path)
        try:
            deadline = time.monotonic() + BEGIN_SECONDS
            while not load.answers():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"no request was answered: {Path(log.name).read_text()}")
                time.sleep(0.1)
            yield load
        finally:
            process.communicate()
    assert process.returncode == 0, Path(log.name).read_text()
