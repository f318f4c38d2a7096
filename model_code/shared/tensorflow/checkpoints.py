"""Checkpoints of a training: written after each epoch, found again after an interruption.

SageMaker copies the folder to S3 while the job runs and back when it is started again, file by
file; a checkpoint counts only where all of it is there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

Arrays = Sequence[np.ndarray[Any, Any]]

_KEPT = 2


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a training has come.

    Attributes:
        epoch: epochs done.
        best_epoch: the epoch, from 1, whose weights are exported; 0 before the first.
        best_accuracy: its accuracy on the validation data, in [0, 1].
        best_loss: its loss there.
        history: an entry an epoch: loss, accuracy, val_loss, val_accuracy.
    """

    epoch: int = 0
    best_epoch: int = 0
    best_accuracy: float = 0.0
    best_loss: float = float("inf")
    history: Sequence[Mapping[str, float]] = ()

    def after(self, figures: Mapping[str, float]) -> Progress:
        """One epoch more. The higher accuracy is better; of the same, the lower loss."""
        epoch, history = self.epoch + 1, (*self.history, dict(figures))
        accuracy, loss = figures["val_accuracy"], figures["val_loss"]
        if self.best_epoch and (accuracy, -loss) <= (self.best_accuracy, -self.best_loss):
            return replace(self, epoch=epoch, history=history)
        return Progress(
            epoch=epoch,
            best_epoch=epoch,
            best_accuracy=accuracy,
            best_loss=loss,
            history=history,
        )


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
            progress=_progress(described["progress"]),
            state=_arrays(files["state.npz"]),
            best=_arrays(files["best.npz"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _progress(stored: Mapping[str, Any]) -> Progress:
    return Progress(**{**stored, "history": tuple(stored["history"])})


def _arrays(path: Path) -> list[np.ndarray[Any, Any]]:
    with np.load(path, allow_pickle=False) as stored:
        return [stored[name] for name in sorted(stored.files)]
