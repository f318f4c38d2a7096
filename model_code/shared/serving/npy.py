"""Reads NumPy's .npy files with the standard library alone: the serving image has no NumPy.

Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import ast
import math
import struct
from typing import Any

MAGIC = b"\x93NUMPY"
_CODES = {
    "u1": "B",
    "i1": "b",
    "u2": "H",
    "i2": "h",
    "u4": "I",
    "i4": "i",
    "u8": "Q",
    "i8": "q",
    "f2": "e",
    "f4": "f",
    "f8": "d",
}


class NpyError(ValueError):
    """Bytes that are no .npy file of numbers in C order; the text says what is wrong."""


def shape_of(content: bytes) -> tuple[int, ...]:
    """The array's shape."""
    return _header(content)[1]


def nested_list(content: bytes) -> Any:
    """The array as lists in lists, a number for an array without dimensions.

    Raises:
        NpyError: not .npy, an element type that is no number, Fortran order, or cut off.
    """
    description, shape, start = _header(content)
    order = ">" if description[0] == ">" else "<"
    code = _CODES.get(description[1:])
    if code is None:
        kinds = ", ".join(_CODES)
        raise NpyError(f"elements of type {description!r} are not read; allowed are {kinds}")
    count = math.prod(shape)
    size = count * int(description[2:])
    if len(content) - start != size:
        raise NpyError(f"holds {len(content) - start} bytes of elements, {size} were expected")
    flat = list(struct.unpack_from(f"{order}{count}{code}", content, start))
    for length in reversed(shape[1:]):
        # An empty axis leaves nothing to group.
        step = length or 1
        flat = [flat[i : i + step] for i in range(0, len(flat), step)]
    return flat if shape else flat[0]


def _header(content: bytes) -> tuple[str, tuple[int, ...], int]:
    """Element type, shape, and where the elements start."""
    if not content.startswith(MAGIC) or len(content) < 12:
        raise NpyError("is not in NumPy's .npy format")
    wide = content[6] >= 2
    length = struct.unpack_from("<I" if wide else "<H", content, 8)[0]
    start = (12 if wide else 10) + length
    try:
        header = ast.literal_eval(content[start - length : start].decode("utf-8").strip())
        description, fortran = header["descr"], header["fortran_order"]
        shape = tuple(int(edge) for edge in header["shape"])
    except (ValueError, SyntaxError, KeyError, TypeError) as error:
        raise NpyError(f"has a header that cannot be read: {error}") from error
    if not isinstance(description, str) or len(description) < 3:
        raise NpyError(f"elements of type {description!r} are not read; give plain numbers")
    if fortran:
        raise NpyError("is in Fortran order; save numpy.ascontiguousarray of it")
    return description, shape, start
