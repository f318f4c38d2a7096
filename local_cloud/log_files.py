"""The log files of one job or endpoint, by the name that people know it by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from local_cloud.settings import LocalCloudSettings

JOB_KINDS = ("training-job", "processing-job", "transform-job")
ENDPOINT = "endpoint"
KINDS = (*JOB_KINDS, ENDPOINT)


class UnknownResourceError(Exception):
    """Nothing of this name has a log, or several have."""


def find(settings: LocalCloudSettings, name: str) -> list[Path]:
    """The logs of ``<kind>/<name>``, or of a name alone where only one kind has it.

    Of a job on several instances one a host, of a transform job its container's and SageMaker's
    own lines, of an endpoint one a model server, the oldest first.
    """
    kind, _, rest = name.partition("/")
    wanted = {kind: rest} if kind in KINDS and rest else dict.fromkeys(KINDS, name)
    found = {
        f"{kind}/{own}": logs
        for kind, own in wanted.items()
        if (logs := _logs(settings, kind, own))
    }
    if not found:
        raise UnknownResourceError(
            f"nothing called {name!r} has a log. `status` lists what there is; a name is "
            f"{', '.join(f'{kind}/<name>' for kind in KINDS)}, or the name alone."
        )
    if len(found) > 1:
        raise UnknownResourceError(f"{name!r} may be {' or '.join(found)}: say which")
    return next(iter(found.values()))


def _logs(settings: LocalCloudSettings, kind: str, name: str) -> list[Path]:
    parent = settings.endpoints_dir if kind == ENDPOINT else settings.jobs_dir
    folder = parent / (name if kind == ENDPOINT else f"{kind}-{name}")
    # A name such as `..` names nothing here.
    if folder.parent != parent or folder == parent or not name or name in (".", ".."):
        return []
    return sorted(_files(folder, kind), key=lambda file: (file.stat().st_mtime, file))


def _files(folder: Path, kind: str) -> Iterator[Path]:
    if kind == ENDPOINT:
        yield from folder.rglob("server.log")
        return
    for pattern in ("job.log", "data.log", "algo-*/job.log"):
        yield from folder.glob(pattern)


def tail(file: Path, lines: int) -> list[str]:
    """The last lines of a file; all of them where ``lines`` is 0."""
    text = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return text[-lines:]
