"""Runs a program and ends it when the process that started this one is gone.

    python guardian.py <grace seconds> <program> [argument ...]

Its standard input is a pipe that the starter holds open: it reaches its end when the starter
closes it or dies, however it dies. Then the program gets SIGTERM, and SIGKILL after the grace
time. Whatever it started ends with it, daemons in sessions of their own included (on Linux; its
process group elsewhere). Standard library only, because it is run as a file, without this package.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

KILL_SECONDS = 5.0
"""A process that waits for a broken disk cannot be killed; it must not hold this one up."""
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
"""A shell's exit statuses for a program that is not there or cannot be run."""
_WRAPPERS = ("bwrap", "unshare", "job-init")
"""What gives the program its namespaces. None of them hands SIGTERM on; bubblewrap ends and takes
what it runs with it at once."""


def main(grace_seconds: float, command: list[str]) -> int:
    """Answers the program's exit status; 128 + n where signal n ended it, and a shell's where it
    cannot be started."""
    # The group of its own is what SIGTERM to the starter's group must not reach.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ended = _notice_of_ended_children()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if libc is not None:
        # Processes whose parent has ended become this one's children, so that it finds them.
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)

    def prepare() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if libc is not None:
            # Even a SIGKILL of this process must not orphan the program.
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    try:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=prepare
        )
    except OSError as error:
        print(f"cannot start {command[0]}: {error.strerror}", file=sys.stderr, flush=True)
        return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
    while child.poll() is None:
        if not _starter_lives(ended):
            _end(child, grace_seconds)
    _kill_group(child.pid)
    _kill_descendants()
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _notice_of_ended_children() -> int:
    """A pipe's end that becomes readable when a child ends, so that no end is waited for longer
    than it takes."""
    ended, noted = os.pipe()
    os.set_blocking(ended, False)
    os.set_blocking(noted, False)
    signal.set_wakeup_fd(noted, warn_on_full_buffer=False)
    # Without a handler Python writes nothing there.
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    return ended


def _starter_lives(ended: int) -> bool:
    """Blocks until a child has ended or the starter has said or shown that it is over."""
    readable, _, _ = select.select([0, ended], [], [])
    if ended in readable:
        os.read(ended, 1024)
    return 0 not in readable or bool(os.read(0, 1024))


def _end(child: subprocess.Popen[bytes], grace_seconds: float) -> None:
    for process in _tops(child.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    _kill_group(child.pid)
    child.wait()


def _tops(child: int) -> list[int]:
    """The program's own first processes, inside the wrapper where there is one."""
    parents = {child: os.getpid(), **_parents()}
    wrappers = {one for one in parents if one == child and _name(one) in _WRAPPERS}
    if not wrappers:
        return [child]
    inner = [one for one, parent in parents.items() if parent in wrappers]
    while any(_name(one) in _WRAPPERS for one in inner):
        wrappers = {one for one in inner if _name(one) in _WRAPPERS}
        inner = [one for one, parent in parents.items() if parent in wrappers]
    return inner or [child]


def _parents() -> dict[int, int]:
    """Of every process of this machine its parent."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            # The name, in parentheses, may hold spaces.
            found[int(folder.name)] = int(
                (folder / "stat").read_text().rpartition(")")[2].split()[1]
            )
    return found


def _name(process: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/comm").read_text().strip()
    return ""


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _kill_descendants() -> None:
    """Kill what the program left, generation after generation: orphans move up to this process."""
    deadline = time.monotonic() + KILL_SECONDS
    while (children := _descendants()) and time.monotonic() < deadline:
        for process in children:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        time.sleep(0.01)


def _descendants() -> set[int]:
    parents = _parents()
    found = {os.getpid()}
    while new := {one for one, parent in parents.items() if parent in found} - found:
        found |= new
    return found - {os.getpid()}


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
