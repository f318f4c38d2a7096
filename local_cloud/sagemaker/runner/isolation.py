"""Gives a process a view of the machine of its own, by namespaces where the system allows them.

Tried in order: bubblewrap; ``unshare`` (as root, then with a user namespace of its own). Where none
works, paths that begin with ``/opt/ml`` are rewritten in the arguments and the environment, and the
toolkits' base-directory variables name the folder: programs that write the path into their own
code then miss it, and nothing is hidden or read-only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from local_cloud.sagemaker.runner import image_files, namespace
from local_cloud.sagemaker.runner.command import ML, Command, Method, rewrite
from local_cloud.sagemaker.runner.view import Step, View, steps

__all__ = ["ML", "Command", "Method", "View", "clear", "isolate", "method", "note"]

PROBE_SECONDS = 10
NAMESPACE = Path(namespace.__file__)
_CAPABILITIES = (
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
    "CAP_SETUID", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SYS_CHROOT",
    "CAP_AUDIT_WRITE", "CAP_SETFCAP",
)  # fmt: skip
"""As namespace.py keeps them, by name."""
_BUBBLEWRAP = {
    "folder": "--dir", "hide": "--tmpfs", "processes": "--proc", "devices": "--dev",
    "link": "--symlink", "read": "--ro-bind-try", "bind": "--dev-bind-try",
}  # fmt: skip


def isolate(view: View, argv: Sequence[str], environment: Mapping[str, str]) -> Command:
    """The command that runs ``argv`` with the view; may write its plan beside ``view.scratch``."""
    return _command(method(), view, argv, environment)


def clear(scratch: Path) -> None:
    """Remove the plan of a process that has ended; ``scratch`` was that of its view."""
    plan = _plan_of(scratch)
    plan.unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        _root_of(plan).rmdir()


def _plan_of(scratch: Path) -> Path:
    # Not where the process writes, which could put a link in its place.
    return scratch.with_name(f"{scratch.name}.plan")


def _root_of(plan: Path) -> Path:
    return plan.with_name(f"{plan.name}.root")


@cache
def method() -> Method:
    """The best method that works here, found by trying."""
    methods: tuple[Method, ...] = ("bubblewrap", "unshare", "unshare-user")
    for candidate in methods:
        if _works(candidate):
            return candidate
    return "rewrite"


def note(whose: str) -> list[str]:
    """What the log of a job or a server says of its isolation."""
    chosen = method()
    lines = [f"/opt/ml is private to this {whose} by: {chosen}"]
    if chosen == "rewrite":
        lines.append(
            f"this system has no namespaces for it: the {whose} can read and write what the local "
            "cloud itself can"
        )
    return lines


def _works(candidate: Method) -> bool:
    program = "bwrap" if candidate == "bubblewrap" else "unshare"
    if shutil.which(program) is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        ml, scratch = Path(folder) / "ml", Path(folder) / "scratch"
        for path in (ml, scratch):
            path.mkdir()
        (ml / "seen").touch()
        view = View(ml=ml, scratch=scratch)
        command = _command(candidate, view, ["test", "-f", f"{ML}/seen"], {})
        try:
            done = subprocess.run(command.argv, capture_output=True, timeout=PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0


def _command(
    chosen: Method, view: View, argv: Sequence[str], environment: Mapping[str, str]
) -> Command:
    if chosen == "rewrite":
        own = {} if view.files is None else image_files.own_paths(view.files)
        return rewrite(argv, environment, {**own, ML: str(view.ml)})
    planned = steps(view)
    if chosen == "bubblewrap":
        wrap = _bubblewrap(planned, network=view.network)
    else:
        wrap = _unshare(chosen, planned, _plan_of(view.scratch), network=view.network)
    return Command([*wrap, *argv], dict(environment))


def _bubblewrap(planned: Sequence[Step], *, network: bool) -> list[str]:
    words = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc"]
    if not network:
        words.append("--unshare-net")
    if os.geteuid() == 0:
        words += ["--cap-drop", "ALL"]
        words += [word for name in _CAPABILITIES for word in ("--cap-add", name)]
    for step in planned:
        if step.kind == "loopback":
            # It brings one up itself.
            continue
        words += [_BUBBLEWRAP[step.kind], *([step.source] if step.source else []), step.target]
    return [*words, "--"]


def _unshare(chosen: Method, planned: Sequence[Step], plan: Path, *, network: bool) -> list[str]:
    root = _root_of(plan)
    root.mkdir(exist_ok=True)
    fields = [str(root)]
    for step in planned:
        fields += [step.kind, step.target, step.source]
    # A file, since all this may be too long for arguments.
    plan.write_text("".join(f"{field}\0" for field in fields), encoding="utf-8")
    flags = ["--mount", "--pid", "--ipc", "--fork", "--kill-child"]
    if chosen == "unshare-user":
        flags += ["--user", "--map-root-user"]
    if not network:
        flags.append("--net")
    return ["unshare", *flags, sys.executable, "-I", "-S", str(NAMESPACE), str(plan)]
