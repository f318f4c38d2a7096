"""Checkpoints of a training: written after each epoch, found again after an interruption.

SageMaker copies the folder to S3 while the job runs and back when it is started again. A
checkpoint is one file, which takes its name when it is whole; it holds tensors, numbers and
texts only, and is read without running code (``weights_only``).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

_KEPT = 2


class CheckpointFolder:
    """Checkpoints of one training, in a folder named by its fingerprint: trials that share an
    S3 prefix, or a job started again with other hyperparameters, never resume each other."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self._folder = folder / fingerprint

    def save(self, epoch: int, checkpoint: Mapping[str, Any]) -> None:
        """Write a checkpoint, whole or not at all; keep the one before it too."""
        self._folder.mkdir(parents=True, exist_ok=True)
        final = self._folder / f"epoch-{epoch:05d}.pt"
        unfinished = self._folder / f".{final.name}.part"
        torch.save(dict(checkpoint), unfinished)
        unfinished.replace(final)
        for old in self._newest_first()[_KEPT:]:
            old.unlink()

    def newest(self) -> bytes | None:
        """The newest whole checkpoint, for `read`; None where there is none."""
        for file in self._newest_first():
            content = file.read_bytes()
            try:
                read(content)
            except (RuntimeError, EOFError, ValueError, KeyError, UnpicklingError):
                print(
                    f"checkpoint {file.name} is not whole, looking for the one before", flush=True
                )
                continue
            return content
        return None

    def _newest_first(self) -> list[Path]:
        return sorted(self._folder.glob("epoch-*.pt"), reverse=True)


def read(content: bytes) -> dict[str, Any]:
    """What was saved, in main memory."""
    read: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return read
