from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shared.progress import Progress
from shared.tensorflow.checkpoints import Checkpoint, CheckpointFolder


def checkpoint(epoch: int) -> Checkpoint:
    progress = Progress(
        epoch=epoch,
        best_epoch=1,
        best_accuracy=0.5,
        best_loss=1.0,
        history=({"val_loss": 1.0},),
    )
    # More than ten, so that their order is not that of their names as texts.
    state = [np.full((2, 3), epoch * 100 + n, np.float32) for n in range(12)]
    return Checkpoint(progress=progress, state=state, best=state[:3])


def folders(path: Path) -> list[str]:
    return sorted(found.name for found in path.glob("*/*"))


def test_the_newest_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path, "f")
    for epoch in (1, 2, 3):
        folder.save(checkpoint(epoch))
    found = CheckpointFolder(tmp_path, "f").newest()
    assert found is not None
    assert found.progress == checkpoint(3).progress
    for there, expected in zip(found.state, checkpoint(3).state, strict=True):
        np.testing.assert_array_equal(there, expected)
        assert there.dtype == expected.dtype
    assert len(found.best) == 3


def test_only_two_are_kept(tmp_path: Path) -> None:
    for epoch in range(1, 6):
        CheckpointFolder(tmp_path, "f").save(checkpoint(epoch))
    assert folders(tmp_path) == ["epoch-00004", "epoch-00005"]


@pytest.mark.parametrize("file", ["state.npz", "best.npz", "checkpoint.json"])
@pytest.mark.parametrize("damage", ["cut off", "missing"])
def test_half_a_checkpoint_is_passed_over(tmp_path: Path, file: str, damage: str) -> None:
    folder = CheckpointFolder(tmp_path, "f")
    folder.save(checkpoint(1))
    folder.save(checkpoint(2))
    victim = tmp_path / "f" / "epoch-00002" / file
    content = victim.read_bytes()
    victim.unlink()
    if damage == "cut off":
        victim.write_bytes(content[: len(content) // 2])
    found = folder.newest()
    assert found is not None
    assert found.progress.epoch == 1


def test_another_training_in_the_same_place_is_not_resumed(tmp_path: Path) -> None:
    CheckpointFolder(tmp_path, "one").save(checkpoint(1))
    assert CheckpointFolder(tmp_path, "other").newest() is None


def test_the_best_epoch_is_the_most_accurate_and_then_the_one_of_lower_loss() -> None:
    progress = Progress()
    for accuracy, loss in ((0.5, 2.0), (0.9, 1.0), (0.9, 0.5), (0.9, 0.7), (0.8, 0.1)):
        progress = progress.after({"val_accuracy": accuracy, "val_loss": loss})
    assert [epoch["val_loss"] for epoch in progress.history] == [2.0, 1.0, 0.5, 0.7, 0.1]
    assert (progress.epoch, progress.best_epoch) == (5, 3)
    assert (progress.best_accuracy, progress.best_loss) == (0.9, 0.5)
