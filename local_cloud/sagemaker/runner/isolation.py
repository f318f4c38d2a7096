"""Gives a process its own ``/opt/ml``, by a mount namespace where the system allows one.

Tried in order: bubblewrap; ``unshare`` with a mount namespace (as root, then with a user
namespace of its own). Where none works, paths that begin with ``/opt/ml`` are rewritten in the
arguments and the environment, and the toolkits' base-directory variables name the folder:
programs that write the path into their own code then miss it.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from local_cloud.sagemaker.runner import image_files
from local_cloud.sagemaker.runner.command import ML, Command, Method, rewrite

__all__ = ["ML", "Command", "Method", "isolate", "method"]

PROBE_SECONDS = 10


def isolate(
    ml: Path, argv: Sequence[str], environment: Mapping[str, str], files: Path | None = None
) -> Command:
    """The command that runs ``argv`` with the folder ``ml`` as its ``/opt/ml``, and with the
    files of an image of one's own (:func:`image_files.lay_out`) at their paths."""
    if files is None:
        return _command(method(), ml, argv, environment)
    return image_files.command(method(), files, ml, argv, environment)


@cache
def method() -> Method:
    """The best method that works here, found by trying."""
    methods: tuple[Method, ...] = ("bubblewrap", "unshare", "unshare-user")
    for candidate in methods:
        if _works(candidate):
            return candidate
    return "rewrite"


def _works(candidate: Method) -> bool:
    program = "bwrap" if candidate == "bubblewrap" else "unshare"
    if shutil.which(program) is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "seen").touch()
        command = _command(candidate, Path(folder), ["test", "-f", f"{ML}/seen"], {})
        try:
            done = subprocess.run(command.argv, capture_output=True, timeout=PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0


def _command(
    chosen: Method, ml: Path, argv: Sequence[str], environment: Mapping[str, str]
) -> Command:
    if chosen == "rewrite":
        return rewrite(argv, environment, {ML: str(ml)})
    wrap = _bubblewrap if chosen == "bubblewrap" else _unshare
    return Command([*wrap(chosen, ml), *argv], dict(environment))


def _bubblewrap(_chosen: Method, ml: Path) -> list[str]:
    binds = [word for entry in _opt_entries() for word in ("--bind", str(entry), str(entry))]
    return [
        "bwrap", "--die-with-parent", "--dev-bind", "/", "/", "--tmpfs", "/opt", *binds,
        "--bind", str(ml), ML, "--",
    ]  # fmt: skip


def _unshare(chosen: Method, ml: Path) -> list[str]:
    # What else lies in /opt is bound back over the empty file system.
    lines = [
        "set -e",
        "kept=$(mktemp -d)",
        'mount --rbind /opt "$kept"',
        "mount -t tmpfs none /opt",
    ]
    for entry in _opt_entries():
        place = shlex.quote(str(entry))
        lines += [f"mkdir {place}", f'mount --rbind "$kept"/{shlex.quote(entry.name)} {place}']
    lines += [f"mkdir {ML}", f'mount --bind "$0" {ML}', 'exec "$@"']
    flags = ["-m"] if chosen == "unshare" else ["-U", "-r", "-m"]
    return ["unshare", *flags, "sh", "-c", "\n".join(lines), str(ml)]


def _opt_entries() -> list[Path]:
    folder = Path("/opt")
    if not folder.is_dir():
        return []
    return [entry for entry in sorted(folder.iterdir()) if entry.is_dir() and entry.name != "ml"]
