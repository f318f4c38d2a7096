"""Start, find and stop the local cloud's process.

The folder of its state says what runs: ``running.json`` holds the settings and the process id.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from local_cloud.environment import client_environment
from local_cloud.server import SETTINGS_VARIABLE, settings_as_json, settings_from_json
from local_cloud.settings import LocalCloudSettings
from local_cloud.tls import ensure_certificate

START_SECONDS = 60.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.1
LOG_TAIL_LINES = 20

# Servers that this very process started: it must reap them, and may not forget them earlier.
_children: dict[int, subprocess.Popen[bytes]] = {}

__all__ = ["LocalCloudError", "client_environment", "reset", "running", "start", "stop"]


class LocalCloudError(Exception):
    """Why the local cloud cannot start or stop, and what to do."""


def start(settings: LocalCloudSettings, *, any_port: bool = False) -> LocalCloudSettings:
    """Start in the background and wait until it answers; does nothing if it already runs.

    Answers the settings in force: the port may differ where ``any_port`` allows it.
    Raises LocalCloudError where the port is taken, or with the log's end where it dies.
    """
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    with _lock(settings.state_dir):
        if found := running(settings.state_dir):
            return found
        if _port_taken(settings.port):
            if not any_port:
                raise LocalCloudError(
                    f"port {settings.port} on 127.0.0.1 is in use by another program. Stop that, "
                    "or choose another port with --port."
                )
            settings = replace(settings, port=_free_port())
        # Before the process starts, since clients need the bundle whatever it does.
        ensure_certificate(settings)
        _reap()
        process = _spawn(settings)
        _children[process.pid] = process
        record = {"pid": process.pid, "settings": settings_as_json(settings)}
        _record(settings.state_dir).write_text(json.dumps(record))
        _await_answer(settings, process)
    return settings


def running(state_dir: Path) -> LocalCloudSettings | None:
    """The settings of the local cloud that runs on this state, if one does."""
    record = _read_record(state_dir)
    if record is None or not _is_ours(record["pid"]):
        return None
    return settings_from_json(record["settings"])


def pid(state_dir: Path) -> int | None:
    """The process id of the local cloud that runs on this state, if one does."""
    record = _read_record(state_dir)
    if record is None or not _is_ours(record["pid"]):
        return None
    return int(record["pid"])


def stop(settings: LocalCloudSettings) -> bool:
    """Stop it and everything that it started; False where it was not running.

    Its state stays. What does not end by itself in time is killed.
    """
    process_id = pid(settings.state_dir)
    if process_id is None:
        _record(settings.state_dir).unlink(missing_ok=True)
        return False
    os.kill(process_id, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_ours(process_id) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    # Its children share its session: none must outlive it.
    _kill_session(process_id)
    if child := _children.pop(process_id, None):
        child.wait()
    _record(settings.state_dir).unlink(missing_ok=True)
    return True


def reset(settings: LocalCloudSettings) -> None:
    """Stop it and remove all its state."""
    stop(settings)
    shutil.rmtree(settings.state_dir, ignore_errors=True)


def _reap() -> None:
    """Forget servers of this very process that ended without its doing."""
    for process_id, child in list(_children.items()):
        if child.poll() is not None:
            del _children[process_id]


def _spawn(settings: LocalCloudSettings) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        SETTINGS_VARIABLE: settings_as_json(settings),
        # Lambda workers and jobs run `python`: this one, with its packages.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
    }
    with settings.log_file.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "local_cloud.server"],
            cwd=settings.state_dir,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _await_answer(settings: LocalCloudSettings, process: subprocess.Popen[bytes]) -> None:
    import ssl

    url = f"{settings.endpoint_url}/_ministack/ready"
    trust = ssl.create_default_context(cafile=str(settings.ca_bundle))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LocalCloudError(
                f"the local cloud ended at its start (exit code {process.returncode}). The end of "
                f"its log {settings.log_file}:\n{_tail(settings.log_file)}"
            )
        try:
            # The address is our own, made from the settings above.
            with urllib.request.urlopen(url, timeout=2, context=trust) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(POLL_SECONDS)
    raise LocalCloudError(
        f"the local cloud does not answer at {url} after {START_SECONDS:.0f} s. The end of its "
        f"log {settings.log_file}:\n{_tail(settings.log_file)}"
    )


@contextmanager
def _lock(state_dir: Path) -> Iterator[None]:
    """Two starts on one state wait for each other; the second finds the first's server."""
    with (state_dir / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _record(state_dir: Path) -> Path:
    return state_dir / "running.json"


def _read_record(state_dir: Path) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads(_record(state_dir).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return record


def _is_ours(process_id: object) -> bool:
    """Whether the process is alive and is a local cloud: ids are used again after a reboot."""
    if not isinstance(process_id, int):
        return False
    try:
        process = psutil.Process(process_id)
        alive = process.status() != psutil.STATUS_ZOMBIE
        return alive and "local_cloud.server" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


def _kill_session(session_id: int) -> None:
    for process_id in psutil.pids():
        try:
            if os.getsid(process_id) == session_id:
                os.kill(process_id, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def _port_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _tail(file: Path) -> str:
    lines = file.read_text(errors="replace").splitlines() if file.is_file() else []
    return "\n".join(f"    {line}" for line in lines[-LOG_TAIL_LINES:])
