from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cloud.sagemaker.hosting.server import GUARDIAN, ModelServer, ServerError

SILENT = "import time; print('waiting', flush=True); time.sleep(600)"


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[ModelServer]:
    """A server that runs but never listens."""
    command = [sys.executable, "-c", SILENT]
    server = ModelServer(command, {}, tmp_path / "ml", tmp_path / "log")
    server.start()
    yield server
    server.stop()


def test_a_server_that_never_answers_ping_is_not_healthy_in_time(silent: ModelServer) -> None:
    with pytest.raises(ServerError, match=r"no 200 to GET /ping within 0\.2 seconds"):
        silent.await_healthy(0.2, cancelled=lambda: False)


def test_waiting_for_a_server_ends_when_it_is_cancelled(silent: ModelServer) -> None:
    assert silent.await_healthy(60, cancelled=lambda: True) is False


def test_a_stopped_server_has_ended(silent: ModelServer) -> None:
    assert silent.exit_status is None
    silent.stop()
    assert silent.exit_status is not None


def test_a_program_that_is_not_there_is_an_error_of_the_server(tmp_path: Path) -> None:
    server = ModelServer(["/no/such/program"], {}, tmp_path / "ml", tmp_path / "log")
    server.start()
    with pytest.raises(ServerError, match="ended with exit status"):
        server.await_healthy(30, cancelled=lambda: False)
    server.stop()


@pytest.mark.parametrize(("program", "status"), [("/no/such/program", 127), ("/etc/hosts", 126)])
def test_the_guardian_says_which_program_it_cannot_start(program: str, status: int) -> None:
    command = [sys.executable, "-I", "-S", str(GUARDIAN), "1", program]
    done = subprocess.run(command, stdin=subprocess.PIPE, capture_output=True, text=True)
    assert done.returncode == status
    assert done.stderr.startswith(f"cannot start {program}: ")
    assert done.stderr.count("\n") == 1
