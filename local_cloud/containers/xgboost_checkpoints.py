"""Checkpoints of the built-in XGBoost: a job with a CheckpointConfig goes on where one ended.

Source: ``checkpointing.py`` of https://github.com/aws/sagemaker-xgboost-container:
``xgboost-checkpoint.<round>`` after each round, of which the last five are kept.
"""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import xgboost

logger = logging.getLogger("xgboost_training")
NAME = "xgboost-checkpoint"
KEPT = 5
_PATTERN = re.compile(rf"{NAME}\.(\d+)")


def wanted(base: Path) -> bool:
    """Whether the job has a CheckpointConfig."""
    return _folder(base) is not None


def latest(base: Path) -> tuple[xgboost.Booster | None, int]:
    """The newest checkpoint that can be read, and how many rounds it has; (None, 0) without."""
    folder = _folder(base)
    for number, file in reversed(_found(folder) if folder else []):
        booster = xgboost.Booster()
        try:
            booster.load_model(bytearray(file.read_bytes()))
        except (xgboost.core.XGBoostError, ValueError) as error:
            logger.warning("Checkpoint %s cannot be read: %s", file, error)
            continue
        logger.info("Checkpoint loaded from %s", file)
        logger.info("Resuming from iteration %d", number + 1)
        return booster, number + 1
    return None, 0


class Save(xgboost.callback.TrainingCallback):
    """Writes a checkpoint after each round; ``done`` rounds came before."""

    def __init__(self, base: Path, done: int) -> None:
        super().__init__()
        folder = _folder(base)
        if folder is None:
            raise ValueError("the job has no CheckpointConfig")
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._next = done

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        file = self._folder / f"{NAME}.{self._next}"
        self._next += 1
        half_written = file.with_name(f"{file.name}.sagemaker-ignore")
        half_written.write_bytes(model.save_raw("ubj"))
        half_written.replace(file)
        for _, old in _found(self._folder)[:-KEPT]:
            old.unlink()
        return False


def _found(folder: Path) -> list[tuple[int, Path]]:
    files = folder.iterdir() if folder.is_dir() else ()
    matches = ((_PATTERN.fullmatch(file.name), file) for file in files)
    return sorted((int(match.group(1)), file) for match, file in matches if match)


def _folder(base: Path) -> Path | None:
    config = base / "input" / "config" / "checkpointconfig.json"
    if not config.is_file():
        return None
    path = json.loads(config.read_text(encoding="utf-8")).get("LocalPath", "/opt/ml/checkpoints")
    # Where the job has no /opt/ml of its own, its base folder stands for it.
    return base / Path(path).relative_to("/opt/ml")
