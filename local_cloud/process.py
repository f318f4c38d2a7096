"""Start, find and stop the local cloud's process.

The folder of its state says what runs: ``running.json`` holds the settings and the process id.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from local_cloud.address import remembered_port
from local_cloud.environment import client_environment
from local_cloud.readiness import answers
from local_cloud.sagemaker_sdk import write_defaults
from local_cloud.server import (
    LOCK_FILE,
    SETTINGS_VARIABLE,
    settings_as_json,
    settings_from_json,
)
from local_cloud.settings import DEFAULT_PORT, LocalCloudSettings
from local_cloud.tls import ensure_certificate

START_SECONDS = 60.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.1
LOG_TAIL_LINES = 20
LOG_BYTES = 50_000_000
PORT_ATTEMPTS = 3
"""A port that was free a moment ago may be taken by another program's start."""
SERVER_MODULE = "local_cloud.server"
OWN_FILES = ("start.lock", "running.json", "sagemaker.sqlite")
"""By one of these a folder is known as a local cloud's."""

# Servers that this very process started: it must reap them, and may not forget them earlier.
_children: dict[int, subprocess.Popen[bytes]] = {}

__all__ = ["LocalCloudError", "client_environment", "reset", "running", "start", "stop"]


class LocalCloudError(Exception):
    """Why the local cloud cannot start or stop, and what to do."""


def start(settings: LocalCloudSettings, *, any_port: bool = False) -> LocalCloudSettings:
    """Start in the background and wait until it answers; does nothing if it already runs.

    Answers the settings in force: the port may differ where ``any_port`` allows it. A start that
    fails or is interrupted leaves no process behind. Raises LocalCloudError where the folder
    cannot be written or the port is taken, or with the log's end where the process dies.
    """
    settings = replace(settings, state_dir=settings.state_dir.resolve())
    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        with _lock(settings.state_dir):
            return running(settings.state_dir) or _start_alone(settings, any_port=any_port)
    except OSError as error:
        raise LocalCloudError(f"cannot use {settings.state_dir} for its state: {error}") from error


def _start_alone(settings: LocalCloudSettings, *, any_port: bool) -> LocalCloudSettings:
    # Before the process starts, since clients need the bundle whatever it does.
    ensure_certificate(settings)
    write_defaults(settings)
    _reap()
    before = remembered_port(settings)
    if before and settings.port == DEFAULT_PORT and any_port and not _port_taken(before):
        settings = replace(settings, port=before)
    for _ in range(PORT_ATTEMPTS):
        if _port_taken(settings.port):
            if not any_port:
                raise LocalCloudError(
                    f"port {settings.port} on 127.0.0.1 is in use by another program. Stop that, "
                    "or choose another port with --port."
                )
            settings = replace(settings, port=_free_port())
        try:
            _start_process(settings)
            return settings
        except LocalCloudError:
            if not _port_taken(settings.port):
                raise
    raise LocalCloudError(
        f"other programs took each of {PORT_ATTEMPTS} ports before the local cloud had it. "
        "Start it again, or choose a port with --port."
    )


def _start_process(settings: LocalCloudSettings) -> None:
    process = _spawn(settings)
    _children[process.pid] = process
    try:
        _write_record(settings, process.pid)
        _await_answer(settings, process)
    except BaseException:
        _kill_session(process.pid)
        _children.pop(process.pid).wait()
        _record(settings.state_dir).unlink(missing_ok=True)
        raise


def running(state_dir: Path) -> LocalCloudSettings | None:
    """The settings of the local cloud that runs on this state, if one does."""
    record = _read_record(state_dir)
    if record is None or not _is_ours(record["pid"], state_dir):
        return None
    return settings_from_json(record["settings"])


def pid(state_dir: Path) -> int | None:
    """The process id of the local cloud that runs on this state, if one does.

    A start that was killed before it wrote its record leaves a server that holds the state: the
    server's own lock names it.
    """
    record = _read_record(state_dir)
    for found in (None if record is None else record["pid"], _holder(state_dir)):
        if isinstance(found, int) and _is_ours(found, state_dir):
            return found
    return None


def stop(settings: LocalCloudSettings) -> bool:
    """Stop it and everything that it started; False where it was not running.

    Its state stays. What does not end by itself in time is killed.
    """
    process_id = pid(settings.state_dir)
    if process_id is None:
        _record(settings.state_dir).unlink(missing_ok=True)
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(process_id, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_ours(process_id, settings.state_dir) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    _kill_session(process_id)
    if child := _children.pop(process_id, None):
        child.wait()
    _record(settings.state_dir).unlink(missing_ok=True)
    return True


def reset(settings: LocalCloudSettings) -> None:
    """Stop it and remove all its state. Raises LocalCloudError where the folder is something
    else's, or cannot be removed."""
    folder = settings.state_dir
    if not folder.exists():
        return
    if not any((folder / name).exists() for name in OWN_FILES):
        raise LocalCloudError(
            f"{folder} is no local cloud's folder (it has none of {', '.join(OWN_FILES)}): "
            "nothing was removed."
        )
    stop(settings)
    try:
        # By its own files it is known as what may be removed, until all else has gone.
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name in OWN_FILES):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        folder.rmdir()
    except OSError as error:
        raise LocalCloudError(f"cannot remove {folder}: {error}") from error


def _reap() -> None:
    """Forget servers of this very process that ended without its doing."""
    for process_id, child in list(_children.items()):
        if child.poll() is not None:
            del _children[process_id]


def _spawn(settings: LocalCloudSettings) -> subprocess.Popen[bytes]:
    # A user's profile, keys and endpoints are for AWS: neither this server nor a Lambda function
    # may take them up.
    users = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {
        **users,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        SETTINGS_VARIABLE: settings_as_json(settings),
        # Lambda workers and jobs run `python`: this one, with its packages.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
    }
    _put_away(settings.log_file)
    with settings.log_file.open("ab") as log:
        return subprocess.Popen(
            # The folder tells this process from other local clouds' in a list of processes.
            [sys.executable, "-m", SERVER_MODULE, str(settings.state_dir)],
            cwd=settings.state_dir,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _put_away(log: Path) -> None:
    """Begin a new log where the old one is long; the one before that goes."""
    if log.is_file() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))


def _await_answer(settings: LocalCloudSettings, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LocalCloudError(
                f"the local cloud ended at its start (exit code {process.returncode}). The end of "
                f"its log {settings.log_file}:\n{_tail(settings.log_file)}"
            )
        if answers(settings):
            return
        time.sleep(POLL_SECONDS)
    raise LocalCloudError(
        f"the local cloud does not answer at {settings.endpoint_url} after {START_SECONDS:.0f} s. "
        f"The end of its log {settings.log_file}:\n{_tail(settings.log_file)}"
    )


@contextmanager
def _lock(state_dir: Path) -> Iterator[None]:
    """Two starts on one state wait for each other; the second finds the first's server."""
    with (state_dir / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _record(state_dir: Path) -> Path:
    return state_dir / "running.json"


def _write_record(settings: LocalCloudSettings, process_id: int) -> None:
    record = {"pid": process_id, "settings": settings_as_json(settings)}
    final = _record(settings.state_dir)
    # Whole or not there, whenever this process is killed.
    partial = final.with_suffix(".partial")
    partial.write_text(json.dumps(record))
    partial.replace(final)


def _read_record(state_dir: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(_record(state_dir).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return record if isinstance(record, dict) and {"pid", "settings"} <= record.keys() else None


def _holder(state_dir: Path) -> int | None:
    """The process id that the last server wrote into its lock."""
    try:
        return int((state_dir / LOCK_FILE).read_text())
    except (FileNotFoundError, ValueError):
        return None


def _is_ours(process_id: object, state_dir: Path) -> bool:
    """Whether the process is alive and is the local cloud of this folder: ids are used again."""
    if not isinstance(process_id, int):
        return False
    try:
        process = psutil.Process(process_id)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        arguments: list[str] = process.cmdline()
    except psutil.Error:
        return False
    return arguments[-2:] == [SERVER_MODULE, str(state_dir.resolve())]


def _kill_session(session_id: int) -> None:
    """Kill what is left of a server's session, and all that the session's processes started."""
    victims: set[psutil.Process] = set()
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.getsid(process.pid) == session_id:
                victims |= {process, *process.children(recursive=True)}
    for process in victims:
        with contextlib.suppress(psutil.Error):
            process.kill()


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
