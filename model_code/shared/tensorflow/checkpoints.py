"""Checkpoints of a training: written after each epoch, found again after an interruption.

SageMaker copies the folder to S3 while the job runs and back when it is started again, file by
file; a checkpoint counts only where all of it is there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from shared.progress import Progress

Arrays = Sequence[np.ndarray[Any, Any]]

_KEPT = 2


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """All that the next epoch follows from.

    Attributes:
        state: the variables of model and optimizer, in their order.
        best: the model's weights after the best epoch.
    """

    progress: Progress
    state: Arrays = field(repr=False)
    best: Arrays = field(repr=False)


class CheckpointFolder:
    """Checkpoints of one training, in a folder named by its fingerprint: trials that share an
    S3 prefix, or a job started again with other hyperparameters, never resume each other."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self._folder = folder / fingerprint

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, whole or not at all; keep the one before it too."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"epoch-{checkpoint.progress.epoch:05d}"
        unfinished = self._folder / f".{name}.part"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        digests = {
            file: _write(unfinished / file, arrays)
            for file, arrays in (("state.npz", checkpoint.state), ("best.npz", checkpoint.best))
        }
        described = {"progress": asdict(checkpoint.progress), "sha256": digests}
        (unfinished / "checkpoint.json").write_text(json.dumps(described), encoding="utf-8")
        final = self._folder / name
        shutil.rmtree(final, ignore_errors=True)
        unfinished.replace(final)
        for old in self._newest_first()[_KEPT:]:
            shutil.rmtree(old)

    def newest(self) -> Checkpoint | None:
        """The newest whole checkpoint; None where there is none."""
        for folder in self._newest_first():
            checkpoint = _read(folder)
            if checkpoint is not None:
                return checkpoint
            print(f"checkpoint {folder.name} is not whole, looking for the one before", flush=True)
        return None

    def _newest_first(self) -> list[Path]:
        return sorted(self._folder.glob("epoch-*"), reverse=True)


def _write(path: Path, arrays: Arrays) -> str:
    np.savez(path, **{f"{number:05d}": array for number, array in enumerate(arrays)})
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(folder: Path) -> Checkpoint | None:
    try:
        described = json.loads((folder / "checkpoint.json").read_text(encoding="utf-8"))
        files = {name: folder / name for name in ("state.npz", "best.npz")}
        for name, path in files.items():
            if hashlib.sha256(path.read_bytes()).hexdigest() != described["sha256"][name]:
                return None
        return Checkpoint(
            progress=Progress.of(described["progress"]),
            state=_arrays(files["state.npz"]),
            best=_arrays(files["best.npz"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _arrays(path: Path) -> list[np.ndarray[Any, Any]]:
    with np.load(path, allow_pickle=False) as stored:
        return [stored[name] for name in sorted(stored.files)]
