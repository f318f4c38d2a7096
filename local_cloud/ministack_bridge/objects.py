"""Objects on MiniStack's disk: what a kill in the middle of a PUT can leave.

An object is a file and, beside it, `<file>.meta.json`, each written whole, the file first. Between
the two the file is already the new object and what stands beside it is still the old one's.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from local_cloud.ministack_bridge.services import Handler, wrap_service

SIDECAR = ".meta.json"
VERSIONS = ".versions"

# What could not be written for the request of this context.
_unwritten: ContextVar[list[OSError]] = ContextVar("unwritten")

logger = logging.getLogger("local_cloud.ministack")


def mend_objects(folder: Path) -> list[Path]:
    """Make the objects below whole and of one piece; must run while no server uses them.

    Of a PUT that nobody was told of yet, a bucket with versions has what was there before, and
    another one the new object. Answers the files of such objects.
    """
    for unfinished in folder.rglob("*.tmp"):
        # An object may be called so.
        if unfinished.is_file() and not unfinished.with_name(unfinished.name + SIDECAR).exists():
            unfinished.unlink()
    mended = []
    for file, sidecar in _suspects(folder):
        known = json.loads(sidecar.read_text())
        if known.get("is_delete_marker") or _belongs(file, known):
            continue
        mended.append(file)
        logger.warning("%s: its PUT was broken off; mended", file.relative_to(folder))
        before = _displaced(folder, file, known)
        if before is not None:
            part = file.with_name(f"{file.name}.tmp")
            shutil.copyfile(before, part)
            part.replace(file)
            os.utime(sidecar)
        else:
            # MiniStack finds both out from the file where they are not told.
            rest = {name: value for name, value in known.items() if name not in ("size", "etag")}
            part = sidecar.with_name(f"{sidecar.name}.tmp")
            part.write_text(json.dumps(rest))
            part.replace(sidecar)
    return mended


def _suspects(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Files that are newer than what stands beside them."""
    for sidecar in folder.rglob(f"*{SIDECAR}"):
        file = sidecar.with_name(sidecar.name.removesuffix(SIDECAR))
        if file.is_file() and file.stat().st_mtime_ns > sidecar.stat().st_mtime_ns:
            yield file, sidecar


def _belongs(file: Path, known: dict[str, Any]) -> bool:
    if known.get("size") is None or not known.get("etag"):
        return True
    if known["size"] != file.stat().st_size:
        return False
    etag = str(known["etag"]).strip('"')
    # That of an upload in parts is of the parts.
    return "-" in etag or etag == hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()


def _displaced(folder: Path, file: Path, known: dict[str, Any]) -> Path | None:
    """Where the body is kept that this object had before."""
    account, bucket, *rest = file.relative_to(folder).parts
    version = known.get("version_id")
    kept = folder.joinpath(VERSIONS, account, bucket, str(version), *rest)
    return kept if version and kept.is_file() else None


def refuse_objects_that_cannot_be_kept() -> None:
    """Let a PUT fail whose object does not get to disk.

    MiniStack keeps it in memory then, logs a warning and answers 200: a stop would lose it.
    """
    from ministack.services import s3

    write: Callable[..., None] = s3._atomic_write

    @functools.wraps(write)
    def write_or_note(*arguments: Any, **options: Any) -> None:
        try:
            write(*arguments, **options)
        except OSError as error:
            _unwritten.get([]).append(error)
            raise

    setattr(s3, "_atomic_write", write_or_note)  # noqa: B010 - not for mypy
    wrap_service("s3", _refusing)


def _refusing(handler: Handler) -> Handler:
    @functools.wraps(handler)
    async def handle(*request: Any) -> tuple[int, dict[str, str], bytes]:
        # A list, since a handler may write on another thread, under a copy of this context.
        unwritten: list[OSError] = []
        _unwritten.set(unwritten)
        answer = await handler(*request)
        if not unwritten:
            return answer
        message = escape(f"The object cannot be kept: {unwritten[0].strerror}.")
        body = f"<Error><Code>InternalError</Code><Message>{message}</Message></Error>"
        return 500, {"Content-Type": "application/xml"}, body.encode()

    return handle
