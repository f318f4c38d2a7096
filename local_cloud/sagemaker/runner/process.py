"""Runs a job's process to its end: its lines as they come, its time limit, its stop."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from local_cloud.sagemaker.runner import guardian
from local_cloud.sagemaker.runner.isolation import Command

GRACE_SECONDS = 120.0
"""Between SIGTERM and SIGKILL, as in SageMaker's StopTrainingJob."""
POLL_SECONDS = 0.2
GUARDIAN = Path(guardian.__file__)
"""Between this process and the job's, so that a killed local cloud leaves no job behind."""

Why = Literal["exited", "stopped", "timed out", "shut down"]


@dataclass(frozen=True)
class Outcome:
    """How the process ended; an ``exit_code`` of 128 + n means that signal n ended it."""

    why: Why
    exit_code: int


def run(
    command: Command,
    *,
    cwd: Path,
    on_line: Callable[[str], None],
    stop_wanted: Callable[[], bool],
    shutting_down: Callable[[], bool],
    max_seconds: float,
    grace_seconds: float = GRACE_SECONDS,
) -> Outcome:
    """Blocks until the process and all that it started have ended.

    ``on_line`` gets each line of stdout and stderr, on this thread. Raises OSError where the
    program cannot be started.
    """
    process = subprocess.Popen(
        [sys.executable, str(GUARDIAN), str(grace_seconds), *command.argv],
        cwd=cwd,
        env=command.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    lines: queue.Queue[bytes | None] = queue.Queue()
    reader = threading.Thread(target=_read, args=(process.stdout, lines), daemon=True)
    reader.start()
    started = time.monotonic()
    why: Why = "exited"
    try:
        while not _drain(lines, on_line, process):
            if why != "exited" and not shutting_down():
                continue
            out_of_time = time.monotonic() - started > max_seconds
            why = _reason_to_end(stop_wanted, shutting_down, out_of_time)
            if why == "shut down":
                break
            if why != "exited":
                _tell_guardian(process)
    finally:
        # Nothing that the job started may outlive it.
        _kill_tree(process)
    process.wait()
    reader.join(timeout=5)
    while not lines.empty():
        _drain(lines, on_line, process)
    if process.stdout and not reader.is_alive():
        process.stdout.close()
    return Outcome(why, process.returncode)


def _reason_to_end(
    stop_wanted: Callable[[], bool], shutting_down: Callable[[], bool], out_of_time: bool
) -> Why:
    if shutting_down():
        return "shut down"
    if stop_wanted():
        return "stopped"
    return "timed out" if out_of_time else "exited"


def _read(output: Iterable[bytes], lines: queue.Queue[bytes | None]) -> None:
    for line in output:
        lines.put(line)
    lines.put(None)


def _drain(
    lines: queue.Queue[bytes | None],
    on_line: Callable[[str], None],
    process: subprocess.Popen[bytes],
) -> bool:
    """Hand on what has come; True once the process has ended."""
    deadline = time.monotonic() + POLL_SECONDS
    while (left := deadline - time.monotonic()) > 0:
        try:
            line = lines.get(timeout=left)
        except queue.Empty:
            break
        if line is None:
            return _ended(process)
        on_line(line.decode("utf-8", errors="replace").rstrip("\r\n"))
    return process.poll() is not None and lines.empty()


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """The pipe is closed; a process that closed its output may still run."""
    try:
        process.wait(timeout=POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _tell_guardian(process: subprocess.Popen[bytes]) -> None:
    """The end of its input is the guardian's sign to end the program in order."""
    if process.stdin:
        process.stdin.close()


def _kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left, and leave no pipe open."""
    _tell_guardian(process)
    if process.poll() is not None:
        # Nothing that it started outlives it, and its id may be another process's by now.
        return
    try:
        guardian = psutil.Process(process.pid)
        for one in [*guardian.children(recursive=True), guardian]:
            one.kill()
    except psutil.NoSuchProcess:
        return
