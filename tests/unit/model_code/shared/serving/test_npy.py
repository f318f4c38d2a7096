from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from shared.serving import npy


def saved(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["u1", "<i2", ">i4", "<u8", "<f2", ">f4", "<f8"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4), (0, 3)])
def test_what_numpy_writes_is_read_as_numpy_lists_it(kind: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(kind)
    assert npy.nested_list(saved(array)) == array.tolist()
    assert npy.shape_of(saved(array)) == shape


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\x89PNG", "not in NumPy's .npy format"),
        (saved(np.array([{}], object)), "'|O' are not read"),
        (saved(np.array(["a"])), "are not read"),
        (saved(np.asfortranarray(np.ones((2, 2)))), "Fortran order"),
        (saved(np.ones(4))[:-1], "holds 31 bytes of elements, 32 were expected"),
        (saved(np.ones(4)) + b"x", "holds 33 bytes"),
        (saved(np.zeros(2, [("x", "f4")])), "give plain numbers"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(content: bytes, told: str) -> None:
    with pytest.raises(npy.NpyError, match=told.replace("|", r"\|")):
        npy.nested_list(content)
