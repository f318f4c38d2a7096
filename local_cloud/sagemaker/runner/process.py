"""Runs a job's process to its end: its lines as they come, its time limit, its stop."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from local_cloud.sagemaker.runner.isolation import Command

GRACE_SECONDS = 120.0
"""Between SIGTERM and SIGKILL, as in SageMaker's StopTrainingJob."""
POLL_SECONDS = 0.2
_WRAPPERS = ("bwrap",)

Why = Literal["exited", "stopped", "timed out", "shut down"]


@dataclass(frozen=True)
class Outcome:
    """How the process ended; a negative ``exit_code`` is the signal that ended it."""

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
        command.argv,
        cwd=cwd,
        env=command.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
    )
    lines: queue.Queue[bytes | None] = queue.Queue()
    reader = threading.Thread(target=_read, args=(process.stdout, lines), daemon=True)
    reader.start()
    started = time.monotonic()
    why: Why = "exited"
    kill_at: float | None = None
    try:
        while not _drain(lines, on_line, process):
            now = time.monotonic()
            if kill_at is None:
                why = _reason_to_end(stop_wanted, shutting_down, now - started > max_seconds)
                if why == "shut down":
                    break
                if why != "exited":
                    _terminate(process.pid)
                    kill_at = now + grace_seconds
            elif now > kill_at:
                _kill_group(process.pid)
    finally:
        # Nothing that the job started may outlive it.
        _kill_group(process.pid)
    process.wait()
    reader.join(timeout=5)
    while not lines.empty():
        _drain(lines, on_line, process)
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


def _terminate(process_id: int) -> None:
    """SIGTERM to the job, not to the wrapper, whose end would kill it at once."""
    try:
        top = psutil.Process(process_id)
        if top.name() not in _WRAPPERS:
            top.terminate()
            return
        for child in top.children():
            inner = child.children() if child.name() in _WRAPPERS else [child]
            for one in inner:
                one.terminate()
    except psutil.NoSuchProcess:
        return


def _kill_group(process_id: int) -> None:
    try:
        os.killpg(process_id, signal.SIGKILL)
    except ProcessLookupError:
        return
