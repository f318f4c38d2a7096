"""Lets a process see the files of an image of one's own at their paths.

An image here is a fragment of a file system: what its Dockerfile put there. A process gets a root
in which everything of this machine is bound where it lies and the fragment's files are laid over
it; where there are no namespaces, the fragment's paths are rewritten in arguments and environment.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from local_cloud.sagemaker.runner.command import ML, Command, Method, rewrite

PYTHONS = ("python", "python3")
TEMPORARY = Path("/tmp")  # noqa: S108 - a job's own, as in a container


@dataclass(frozen=True)
class Step:
    """``target`` becomes a folder, a bind of ``source``, or a link to the text ``source``."""

    kind: Literal["folder", "bind", "link"]
    target: str
    source: str = ""


def lay_out(files: Path, *, scratch: Path, ml: Path, python: Path) -> Path:
    """A copy of an image's files for one process, which may write to them.

    What the image has in /opt/ml goes to the process's own; ``python`` is what the image's
    /usr/local/bin/python means.
    """
    copy = scratch / "image"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(files, copy, symlinks=True)
    own = copy / ML.lstrip("/")
    if own.is_dir():
        shutil.copytree(own, ml, dirs_exist_ok=True, symlinks=True, copy_function=_copy_new)
        shutil.rmtree(own)
    own.mkdir(parents=True)
    programs = copy / "usr" / "local" / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    for name in PYTHONS:
        # Where this machine has one there, the environment's own may be a link to it.
        if not (programs / name).exists() and not Path("/usr/local/bin", name).exists():
            (programs / name).write_text(f'#!/bin/sh\nexec {shlex.quote(str(python))} "$@"\n')
            (programs / name).chmod(0o755)
    return copy


def command(
    method: Method, files: Path, ml: Path, argv: Sequence[str], environment: Mapping[str, str]
) -> Command:
    """The command that runs ``argv`` with the laid out files and ``ml`` as its /opt/ml."""
    named = " ".join([*argv, *environment.values(), str(files), str(ml)])
    steps = _merged(Path("/"), files, named)
    if method == "rewrite":
        own = {
            step.target: step.source
            for step in steps
            if step.kind == "bind" and Path(step.source).is_relative_to(files)
        }
        return rewrite(argv, environment, {**own, ML: str(ml)})
    steps.append(Step("bind", ML, str(ml)))
    wrap = _bubblewrap(steps) if method == "bubblewrap" else _unshare(method, steps, files.parent)
    return Command([*wrap, *argv], dict(environment))


def _merged(here: Path, image: Path, named: str) -> list[Step]:
    """A folder of this machine's files with the image's laid over them.

    Of /tmp, where other programs' files come and go, only what ``named`` speaks of is kept.
    """
    steps: list[Step] = []
    names = {entry.name for folder in (here, image) for entry in folder.iterdir()}
    for name in sorted(names):
        ours, theirs = here / name, image / name
        target = str(ours)
        if target == ML:
            continue
        if not (theirs.exists() or theirs.is_symlink()):
            if here != TEMPORARY or target in named:
                steps.append(_as_it_is(ours, target))
        elif theirs.is_dir() and not theirs.is_symlink() and ours.is_dir():
            steps.append(Step("folder", target))
            steps += _merged(ours, theirs, named)
        else:
            steps.append(_as_it_is(theirs, target))
    return steps


def _as_it_is(path: Path, target: str) -> Step:
    if path.is_symlink():
        return Step("link", target, str(path.readlink()))
    return Step("bind", target, str(path))


def _bubblewrap(steps: Sequence[Step]) -> list[str]:
    # What was listed may have gone since, where it is another program's.
    options = {"bind": "--dev-bind-try", "link": "--symlink"}
    words = ["bwrap", "--die-with-parent"]
    for step in steps:
        if step.kind == "folder":
            words += ["--dir", step.target]
        else:
            words += [options[step.kind], step.source, step.target]
    return [*words, "--"]


def _unshare(method: Method, steps: Sequence[Step], scratch: Path) -> list[str]:
    root = scratch / "view"
    root.mkdir(exist_ok=True)
    lines = ["set -e", f"root={shlex.quote(str(root))}", 'mount -t tmpfs none "$root"']
    for step in steps:
        place, source = f'"$root"{shlex.quote(step.target)}', shlex.quote(step.source)
        if step.kind == "folder":
            lines.append(f"mkdir -p {place}")
        elif step.kind == "link":
            lines.append(f"ln -s {source} {place}")
        else:
            make = f"mkdir -p {place}" if Path(step.source).is_dir() else f": > {place}"
            lines.append(f"if [ -e {source} ]; then {make}; mount --rbind {source} {place}; fi")
    # It is where a user's PATH does not lead on Debian; the job's own PATH stays as it is.
    lines.append('chroot=$(PATH="$PATH:/usr/sbin:/sbin"; command -v chroot)')
    lines.append('exec "$chroot" "$root" /bin/sh -c \'cd "$0" && exec "$@"\' "$PWD" "$@"')
    # A file, since all these lines may be too long for one argument.
    script = scratch / "view.sh"
    script.write_text("\n".join(lines))
    flags = ["-m"] if method == "unshare" else ["-U", "-r", "-m"]
    return ["unshare", *flags, "sh", str(script)]


def _copy_new(source: str, target: str) -> str:
    """What the job already has there is newer than the image."""
    if not Path(target).exists():
        shutil.copy2(source, target, follow_symlinks=False)
    return target
