"""What a job or a model server sees of this machine, and what of it it may write.

Like a container it has a root of its own: ``/opt/ml``, ``/tmp`` and ``/dev/shm`` are its alone, it
sees no other processes, and the machine's own files are there to read, since their programs stand
for the image's. The local cloud's state (other jobs' files, keys, objects, databases) is hidden.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from local_cloud.sagemaker.runner.command import ML

SOURCE_ROOT = Path(__file__).resolve().parents[3]
"""The folder that ``local_cloud`` is imported from."""
HOSTS = Path("/etc/hosts")
_TEMPORARY = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - a job's own, as in a container
_DEVICES, _PROCESSES = Path("/dev"), Path("/proc")
_KERNEL_SETTINGS = ("sys", "sysrq-trigger", "irq", "bus", "fs")
"""What below /proc acts on the whole machine."""
_ACCELERATORS = ("nvidia*", "dri", "kfd", "accel*")

Kind = Literal["folder", "link", "read", "bind", "hide", "processes", "devices", "loopback"]


@dataclass(frozen=True)
class Step:
    """What ``target`` becomes: a folder; a link to the text ``source``; ``source`` itself, to read
    only or to write as well (bind); an empty file system (hide); /proc; /dev. A loopback of
    the process's own is brought up (loopback)."""

    kind: Kind
    target: str
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class View:
    """``ml`` becomes /opt/ml, and ``scratch`` /tmp; both can be written.

    ``hidden`` are folders of which nothing is seen but what ``shown`` names; of /tmp nothing else
    is seen either. ``names`` becomes /etc/hosts; ``files`` are those of an image of one's own
    (:func:`image_files.lay_out`). Without ``network`` there is none but a loopback of its own.
    """

    ml: Path
    scratch: Path
    hidden: tuple[Path, ...] = ()
    shown: tuple[Path, ...] = ()
    names: Path | None = None
    files: Path | None = None
    network: bool = True


def steps(view: View) -> list[Step]:
    """In an order in which they can be carried out."""
    overlaid = [
        *(Step("bind", str(folder), str(view.scratch)) for folder in _TEMPORARY if folder.is_dir()),
        *(Step("hide", str(path)) for path in _resolved(view.hidden) if path.is_dir()),
        *(Step("read", str(path), str(path)) for path in _to_show(view)),
        Step("bind", str(view.scratch.resolve()), str(view.scratch)),
        Step("bind", ML, str(view.ml)),
        *(
            Step("read", str(_PROCESSES / name), str(_PROCESSES / name))
            for name in _KERNEL_SETTINGS
            if (_PROCESSES / name).exists()
        ),
        *(
            Step("bind", str(device), str(device))
            for pattern in _ACCELERATORS
            for device in sorted(_DEVICES.glob(pattern))
        ),
    ]
    if not view.network:
        overlaid.append(Step("loopback", "/"))
    if view.names is not None:
        overlaid.append(Step("read", str(HOSTS), str(view.names)))
    # What lies in a folder comes after the folder.
    overlaid.sort(key=lambda step: len(Path(step.target).parts))
    return [*_merged(Path("/"), view.files), *overlaid]


def _to_show(view: View) -> list[Path]:
    """Of what is to be shown, that which is covered otherwise and is there."""
    wanted = _resolved([*view.shown, SOURCE_ROOT, Path(sys.prefix), Path(sys.base_prefix)])
    covered = [*_resolved(view.hidden), *_TEMPORARY]
    return [
        path
        for path in wanted
        if path.exists() and any(path.is_relative_to(folder) for folder in covered)
    ]


def _resolved(paths: Sequence[Path]) -> list[Path]:
    return list(dict.fromkeys(path.resolve() for path in paths))


def _merged(here: Path, image: Path | None) -> list[Step]:
    """A folder of this machine, with the image's files laid over it."""
    found: list[Step] = []
    ours = _entries(here) if here not in _TEMPORARY else set()
    theirs = set() if image is None else _entries(image)
    for name in sorted(ours | theirs):
        path = here / name
        laid_over = image / name if image is not None and name in theirs else None
        if path == _PROCESSES:
            found.append(Step("processes", str(path)))
        elif path == _DEVICES:
            found.append(Step("devices", str(path)))
        elif path == Path(ML):
            continue
        elif laid_over is not None and not (_is_folder(laid_over) and path.is_dir()):
            found.append(_as_it_is(laid_over, path, "bind"))
        elif laid_over is not None or path == Path(ML).parent:
            found.append(Step("folder", str(path)))
            found += _merged(path, laid_over)
        elif path not in _TEMPORARY:
            found.append(_as_it_is(path, path, "read"))
    return found


def _entries(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _as_it_is(path: Path, target: Path, kind: Kind) -> Step:
    if path.is_symlink():
        return Step("link", str(target), str(path.readlink()))
    return Step(kind, str(target), str(path))
