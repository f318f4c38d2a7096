"""Lets a process see the files of an image of one's own at their paths.

An image here is a fragment of a file system: what its Dockerfile put there. A process gets a copy
of it, which :mod:`local_cloud.sagemaker.runner.view` lays over this machine's files; where there
are no namespaces, the fragment's paths are rewritten in arguments and environment.
"""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

from local_cloud.sagemaker.runner.command import ML

PYTHONS = ("python", "python3")


def lay_out(files: Path, *, scratch: Path, ml: Path, python: Path) -> Path:
    """A copy of an image's files for one process, which may write to them.

    What the image has in /opt/ml and /tmp goes to the process's own; ``python`` is what the image's
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
    if (copy / "tmp").is_dir():
        shutil.copytree(
            copy / "tmp", scratch, dirs_exist_ok=True, symlinks=True, copy_function=_copy_new
        )
    programs = copy / "usr" / "local" / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    for name in PYTHONS:
        # Where this machine has one there, the environment's own may be a link to it.
        if not (programs / name).exists() and not Path("/usr/local/bin", name).exists():
            (programs / name).write_text(f'#!/bin/sh\nexec {shlex.quote(str(python))} "$@"\n')
            (programs / name).chmod(0o755)
    return copy


def own_paths(files: Path) -> dict[str, str]:
    """By its path in the image, where each of the laid out files is on this machine; of a folder
    that this machine has as well, what is in it."""
    found: dict[str, str] = {}

    def look(here: Path, image: Path) -> None:
        for entry in sorted(image.iterdir()):
            path = here / entry.name
            if str(path) == ML:
                continue
            if entry.is_dir() and not entry.is_symlink() and path.is_dir():
                look(path, entry)
            elif not entry.is_symlink():
                found[str(path)] = str(entry)

    look(Path("/"), files)
    return found


def _copy_new(source: str, target: str) -> str:
    """What the job already has there is newer than the image."""
    if not Path(target).exists():
        shutil.copy2(source, target, follow_symlinks=False)
    return target
