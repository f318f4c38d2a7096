"""A job's folder: its ``/opt/ml``, its scratch space and its log."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def in_place(folder: Path) -> bool:
    """Whether a folder is there, and where its path says. A job may have removed it or put a link
    in its place, behind which this process, unlike the job, would find what the job must not see.
    """
    return folder.is_dir() and folder.resolve() == folder.absolute()


@dataclass(frozen=True)
class Workspace:
    """``ml`` is what the job sees as ``/opt/ml``."""

    root: Path

    @property
    def ml(self) -> Path:
        return self.root / "ml"

    @property
    def scratch(self) -> Path:
        """The job's home and temporary folder."""
        return self.root / "scratch"

    @property
    def log(self) -> Path:
        return self.root / "job.log"

    def create(self) -> None:
        for folder in (self.ml / "output", self.scratch):
            folder.mkdir(parents=True, exist_ok=True)

    def write_config(self, relative: str, content: Mapping[str, Any]) -> None:
        """A JSON file below ``/opt/ml``."""
        path = self.ml / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")

    def local_path(self, container_path: str) -> Path:
        """Where a path below ``/opt/ml`` is on this machine. Raises ValueError elsewhere."""
        relative = Path(container_path).relative_to("/opt/ml")
        if ".." in relative.parts:
            raise ValueError(f"{container_path!r} leaves /opt/ml")
        return self.ml / relative

    def read_text(self, relative: str, *, limit: int = 1024) -> str:
        """The beginning of a text file below ``/opt/ml``; empty where there is none, or where a
        link leads elsewhere, to what the job itself must not see."""
        path = self.ml / relative
        if not path.resolve().is_relative_to(self.ml.resolve()):
            return ""
        try:
            return path.read_text(encoding="utf-8", errors="replace")[:limit]
        except (FileNotFoundError, IsADirectoryError):
            return ""

    def discard_data(self) -> None:
        """Free the space: all but the log and what the job wrote to ``/opt/ml/output``."""
        for entry in [*self.ml.iterdir(), self.scratch]:
            if entry.name != "output" and entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
