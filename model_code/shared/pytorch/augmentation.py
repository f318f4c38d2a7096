"""Changes that a picture bears without becoming one of another class; in training only.

The same as those of `shared.tensorflow.augmentation`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Pixels = np.ndarray[Any, Any]
Augment = Callable[[Pixels, np.random.Generator], Pixels]
"""From uint8 [rows, columns, 3] to another picture of the same shape and type."""

_SHIFT = 1 / 16
_WIDE_SHIFT = 1 / 8
_BRIGHTNESS = 25.0
_CONTRAST = (0.8, 1.25)
_COLOURS = (0.8, 1.25)


def named(name: str) -> Augment:
    """One of `NAMES`. Raises KeyError for another."""
    return _AUGMENTATIONS[name]


def _none(image: Pixels, random: np.random.Generator) -> Pixels:
    return image


def _shift(image: Pixels, random: np.random.Generator) -> Pixels:
    """Moved a little; what comes in from outside is black."""
    return _moved(image, random, _SHIFT, "constant")


def _shift_flip(image: Pixels, random: np.random.Generator) -> Pixels:
    """Mirrored too, which letters and digits do not bear."""
    return _mirrored(_shift(image, random), random)


def _photo(image: Pixels, random: np.random.Generator) -> Pixels:
    """As another photograph of the same: moved, mirrored, in another light."""
    floats = _mirrored(_moved(image, random, _WIDE_SHIFT, "reflect"), random).astype(np.float32)
    means = floats.mean(axis=(0, 1), keepdims=True)
    floats = (floats - means) * np.float32(random.uniform(*_CONTRAST)) + means
    floats += np.float32(random.uniform(-_BRIGHTNESS, _BRIGHTNESS))
    floats *= random.uniform(*_COLOURS, (1, 1, 3)).astype(np.float32)
    pixels: Pixels = np.clip(np.rint(floats), 0, 255).astype(np.uint8)
    return pixels


def _photo_recoloured(image: Pixels, random: np.random.Generator) -> Pixels:
    """Its channels in another order too, for classes that colour says nothing of."""
    return _photo(image, random)[:, :, random.permutation(image.shape[2])]


def _mirrored(image: Pixels, random: np.random.Generator) -> Pixels:
    return image[:, ::-1] if random.integers(2) else image


def _moved(image: Pixels, random: np.random.Generator, part: float, outside: Any) -> Pixels:
    rows, columns = image.shape[:2]
    margin = max(1, round(rows * part))
    padded = np.pad(image, ((margin, margin), (margin, margin), (0, 0)), outside)
    top, left = random.integers(0, 2 * margin + 1, 2)
    return padded[top : top + rows, left : left + columns]


_AUGMENTATIONS: dict[str, Augment] = {
    "none": _none,
    "shift": _shift,
    "shift-flip": _shift_flip,
    "photo": _photo,
    "photo-recoloured": _photo_recoloured,
}
NAMES = tuple(_AUGMENTATIONS)
