from __future__ import annotations

from pathlib import Path

import pytest

from birds_tensorflow import pretrained
from shared.faults import RefusedError

NAMES = (
    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
    "mobilenet_v2_0.5_224_no_top.weights.h5",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(("alpha", "name"), [("1.0", NAMES[0]), ("0.5", NAMES[1])])
def test_the_file_for_the_width_is_found(folder: Path, alpha: str, name: str) -> None:
    assert pretrained.find(folder, alpha) == folder / name


def test_weights_of_other_widths_alone_are_refused_with_their_names(folder: Path) -> None:
    with pytest.raises(RefusedError, match=r"needs one file with _0.75_ .* holds mobilenet_v2"):
        pretrained.find(folder, "0.75")


def test_without_the_channel_or_with_an_empty_one_there_are_none(tmp_path: Path) -> None:
    assert pretrained.find(None, "1.0") is None
    assert pretrained.find(tmp_path / "missing", "1.0") is None
    assert pretrained.find(tmp_path, "1.0") is None
