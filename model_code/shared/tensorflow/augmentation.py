"""Changes that a picture bears without becoming one of another class; in training only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

Augment = Callable[[Any, Any], Any]
"""From a uint8 picture [rows, columns, 3] and a seed [2] to another of the same shape and type."""

_SHIFT = 1 / 16
_WIDE_SHIFT = 1 / 8
_BRIGHTNESS = 25.0
_CONTRAST = (0.8, 1.25)
_COLOURS = (0.8, 1.25)


def named(name: str) -> Augment:
    """One of `NAMES`. Raises KeyError for another."""
    return _AUGMENTATIONS[name]


def _none(image: Any, seed: Any) -> Any:
    return image


def _shift(image: Any, seed: Any) -> Any:
    """Moved a little; what comes in from outside is black."""
    return _moved(image, seed, _SHIFT, "CONSTANT")


def _shift_flip(image: Any, seed: Any) -> Any:
    """Mirrored too, which letters and digits do not bear."""
    return tf.image.stateless_random_flip_left_right(_shift(image, seed), seed)


def _photo(image: Any, seed: Any) -> Any:
    """As another photograph of the same: moved, mirrored, in another light."""
    rows, columns, channels = image.shape
    moved = _moved(image, seed, _WIDE_SHIFT, "REFLECT")
    mirrored = tf.image.stateless_random_flip_left_right(moved, tf.add(seed, [0, 1]))
    floats = tf.cast(tf.ensure_shape(mirrored, [rows, columns, channels]), tf.float32)
    floats = tf.image.stateless_random_contrast(floats, *_CONTRAST, tf.add(seed, [0, 2]))
    floats = tf.image.stateless_random_brightness(floats, _BRIGHTNESS, tf.add(seed, [0, 3]))
    lights = tf.random.stateless_uniform([1, 1, 3], tf.add(seed, [0, 4]), *_COLOURS)
    floats *= lights
    return tf.cast(tf.clip_by_value(tf.round(floats), 0, 255), tf.uint8)


def _photo_recoloured(image: Any, seed: Any) -> Any:
    """Its channels in another order too, for classes that colour says nothing of."""
    keys = tf.random.stateless_uniform([image.shape[-1]], tf.add(seed, [0, 5]))
    return tf.gather(_photo(image, seed), tf.argsort(keys), axis=2)


def _moved(image: Any, seed: Any, part: float, outside: str) -> Any:
    rows, columns, channels = image.shape
    margin = max(1, round(rows * part))
    padded = tf.pad(image, [[margin, margin], [margin, margin], [0, 0]], outside)
    return tf.image.stateless_random_crop(padded, [rows, columns, channels], seed)


_AUGMENTATIONS: dict[str, Augment] = {
    "none": _none,
    "shift": _shift,
    "shift-flip": _shift_flip,
    "photo": _photo,
    "photo-recoloured": _photo_recoloured,
}
NAMES = tuple(_AUGMENTATIONS)
