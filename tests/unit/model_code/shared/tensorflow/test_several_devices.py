from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.model_code.conftest import Container, Prepared


def test_devices_train_one_model_together_and_resume_it(
    container: Container, prepared: Prepared, tmp_path: Path
) -> None:
    seen = container.helper("train_on_two_devices", prepared.folder, tmp_path)
    assert seen["replicas"] == 2
    assert seen["steps"] == seen["size"] // 16
    once, again = seen["histories"]
    assert len(once) == len(again) == 2
    assert once[0] == again[0]
    # Each device averages over its own pictures; the checkpoint has the mean of their averages.
    assert once[1] == pytest.approx(again[1], rel=0.02)
    assert once[1]["val_loss"] < once[0]["val_loss"]
