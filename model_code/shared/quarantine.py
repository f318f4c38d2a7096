"""Puts files that cannot be used aside, each with its reason. Nothing is ever deleted."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

REPORT = "quarantine.json"
_ELSEWHERE = "renamed"
_LONGEST_NAME = 200

Write = Callable[[Path], object]


class Quarantine:
    """A folder of files put aside; `quarantine.json` in it says why, file by file."""

    def __init__(self, folder: Path, *, prefix: str, reserved: Collection[str] = ()) -> None:
        """`reserved`: names in the folder that others write."""
        self._folder = folder
        self._prefix = prefix
        self._reserved = frozenset({REPORT, _ELSEWHERE, *reserved})
        self._entries: dict[str, dict[str, str]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, key: str, content: bytes, reason: str) -> None:
        """Keep `content` under the object's own name below the upload prefix."""
        self._keep(key, lambda path: path.write_bytes(content), reason)

    def add_file(self, key: str, file: Path, reason: str) -> None:
        """As `add`, for content that may not fit in memory."""
        self._keep(key, lambda path: shutil.copyfile(file, path), reason)

    def keep(self, key: str, content: bytes) -> str:
        """Keep `content` without an entry in the report; answers where in the folder."""
        return self._relative(self._place(key, lambda path: path.write_bytes(content)))

    def _keep(self, key: str, write: Write, reason: str) -> None:
        file = self._relative(self._place(key, write))
        self._entries[key] = {"key": key, "file": file, "reason": reason}

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()

    def reasons(self) -> list[str]:
        """Key and reason of each file, sorted by key."""
        return [f"{key}: {entry['reason']}" for key, entry in sorted(self._entries.items())]

    def write_report(self, *, name: str = REPORT) -> None:
        """Write `quarantine.json`, if anything was put aside."""
        self.write_entries((entry for _, entry in sorted(self._entries.items())), name=name)

    def write_entries(self, entries: Iterable[Mapping[str, Any]], *, name: str = REPORT) -> None:
        """Write a report of entries (key, file, reason), one by one, if there are any."""
        entries = iter(entries)
        first = next(entries, None)
        if first is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        opening = json.dumps({"schema_version": 1, "prefix": self._prefix}, ensure_ascii=False)
        with (self._folder / name).open("w", encoding="utf-8") as stream:
            stream.write(f'{opening[:-1]}, "files": [\n  {json.dumps(first, ensure_ascii=False)}')
            for entry in entries:
                stream.write(f",\n  {json.dumps(entry, ensure_ascii=False)}")
            stream.write("\n]}\n")

    def place_of(self, key: str) -> str:
        """Where `keep` puts a file on another host: its own name, unless no path can have it."""
        name = key.removeprefix(self._prefix)
        return name if _usable(name, self._reserved) else self._relative(self._elsewhere(key))

    def _elsewhere(self, key: str) -> Path:
        return self._folder / _ELSEWHERE / hashlib.sha256(key.encode()).hexdigest()

    def _place(self, key: str, write: Write) -> Path:
        name = key.removeprefix(self._prefix)
        # A key may be what no path can: "a/../b", "a//b", or both "a" and "a/b".
        elsewhere = self._elsewhere(key)
        path = self._folder / name if _usable(name, self._reserved) else elsewhere
        try:
            _write(path, write)
        except OSError:
            if path == elsewhere:
                raise
            path = elsewhere
            _write(path, write)
        return path


def _usable(name: str, reserved: Collection[str]) -> bool:
    parts = name.split("/")
    return (
        "\0" not in name
        and parts[0] not in reserved
        and all(
            part not in ("", ".", "..") and len(part.encode()) <= _LONGEST_NAME for part in parts
        )
    )


def _write(path: Path, write: Write) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path)
