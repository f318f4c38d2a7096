"""Runs the model server: what the container does as `serve`.

Gunicorn: a process for each CPU, each with some threads, so that /ping is answered while
predictions are made. The model is loaded before the processes part, so they share its memory.

Variables: SAGEMAKER_MODEL_SERVER_WORKERS (processes), SAGEMAKER_MODEL_SERVER_TIMEOUT (seconds a
request may take, 60 unless told), SAGEMAKER_BIND_TO_PORT (8080 unless told), SERVE_AS_USER (whom
the processes become where the container starts as root). With SAGEMAKER_LOCAL_ML_ROOT, as outside
a container, it listens on 127.0.0.1 alone.
"""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gunicorn
from gunicorn.app.base import BaseApplication

from iris_sklearn import model_files
from iris_sklearn.faults import RefusedError
from iris_sklearn.places import Places
from iris_sklearn.serving import Application

THREADS = 4


class Server(BaseApplication):
    """Gunicorn with settings of ours, without its own command line and files."""

    def __init__(self, application: Application, settings: Mapping[str, Any]) -> None:
        self._application = application
        self._settings = settings
        super().__init__()  # type: ignore[no-untyped-call]

    def load_config(self) -> None:
        config: Any = self.cfg
        for name, value in self._settings.items():
            config.set(name, value)

    def load(self) -> Application:
        return self._application


def settings(variables: Mapping[str, str]) -> dict[str, Any]:
    """Gunicorn's settings. Raises RefusedError with each wrong variable."""
    faults: list[str] = []

    def number(name: str, default: int, high: int) -> int:
        text = variables.get(name) or str(default)
        if text.isdigit() and 1 <= int(text) <= high:
            return int(text)
        faults.append(f"{name}: {text!r} is not allowed; give a whole number from 1 to {high}")
        return default

    local = "SAGEMAKER_LOCAL_ML_ROOT" in variables
    found: dict[str, Any] = {
        "workers": number("SAGEMAKER_MODEL_SERVER_WORKERS", _cpus(), 512),
        "timeout": number("SAGEMAKER_MODEL_SERVER_TIMEOUT", 60, 3600),
        "bind": f"{'127.0.0.1' if local else '0.0.0.0'}:"  # noqa: S104 - the container's network
        f"{number('SAGEMAKER_BIND_TO_PORT', 8080, 65535)}",
        "worker_class": "gthread",
        "threads": THREADS,
        "preload_app": True,
        "keepalive": 75,
        "control_socket_disable": True,
    }
    if faults:
        raise RefusedError("variables are wrong:", faults)
    user = variables.get("SERVE_AS_USER")
    if user and os.geteuid() == 0 and _can_serve(user):
        found |= {"user": user, "group": pwd.getpwnam(user).pw_gid}
    return found


def _cpus() -> int:
    return len(os.sched_getaffinity(0))


def _can_serve(user: str) -> bool:
    """Whether a process may become this user, and can then read what Python may still import.

    Not where root is one of a user namespace, nor where Python lies in root's own folders.
    """
    try:
        who = pwd.getpwnam(user)
    except KeyError:
        print(f"there is no user {user}: serving as root", file=sys.stderr, flush=True)
        return False
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(who.pw_gid)
            os.setuid(who.pw_uid)
            for module in (os, gunicorn):
                os.scandir(Path(str(module.__file__)).parent).close()
        except OSError:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        print(f"cannot become {user} here: serving as root", file=sys.stderr, flush=True)
    return status == 0


def main() -> int:
    """Serve until SIGTERM; 1 where the model or a variable is wrong."""
    try:
        model = model_files.load(Places.from_variables().model)
        wanted = settings(os.environ)
    except RefusedError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    server = Server(Application(model, workers=wanted["workers"]), wanted)
    server.run()  # type: ignore[no-untyped-call]
    return 0
