from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.model_code.birds_tensorflow.conftest import ALPHA
from tests.unit.model_code.conftest import Container


@pytest.fixture(scope="module")
def seen(container: Container, weights: Path) -> Any:
    (file,) = weights.iterdir()
    return container.helper("look_at_layers", file, ALPHA)


def test_pretrained_weights_are_taken_over(seen: Any) -> None:
    assert seen["weights_are_the_files"]


def test_the_head_alone_learns_first(seen: Any) -> None:
    assert seen["head"] == ["logits"]


def test_fine_tuning_trains_the_top_layers_and_no_batch_normalisation(seen: Any) -> None:
    assert seen["top"][-1] == "logits"
    assert 3 < len(seen["top"]) < seen["all"] / 2
    assert not set(seen["top"]) & set(seen["norms"])


def test_all_layers_learn_from_random_weights(seen: Any) -> None:
    assert seen["all"] == seen["all_again"] > 40
    assert seen["momenta"] == [0.8]
