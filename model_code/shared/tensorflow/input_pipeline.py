"""Feeds pictures to training: shards read in parallel, decoded in parallel, cached, shuffled."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import tensorflow as tf

from shared import class_names
from shared.faults import RefusedError
from shared.images import records

CHANNELS = 3
_SHUFFLED = 20_000
_BATCH = 256
_SHIFT = 1 / 16
_CACHED_PART = 0.25


@dataclass(frozen=True, kw_only=True)
class Split:
    """The pictures of one channel.

    Attributes:
        folder: what prepare.py wrote: *.tfrecord and classes.json.
        image_shape: rows, columns, channels that every picture must have.
    """

    folder: Path
    classes: tuple[str, ...]
    image_shape: tuple[int, int, int]
    size: int

    @classmethod
    def open(cls, folder: Path) -> Split:
        """Look at a channel.

        Raises:
            RefusedError: files are missing or empty, or the first record is no picture.
        """
        classes = class_names.read(folder)
        serialized = tf.data.TFRecordDataset(records.shard_files(folder))
        try:
            size = int(serialized.reduce(tf.constant(0, tf.int64), lambda n, _: n + 1))
            if not size:
                raise RefusedError("data is missing:", [f"{folder}: its files hold no picture"])
            encoded, _, key = records.parse(next(iter(serialized)))
            rows, columns, _ = _decode(encoded).shape
        except tf.errors.OpError as error:
            fault = f"{folder}: {error.message}; expected TFRecords as prepare.py writes them"
            raise RefusedError("data is damaged:", [fault]) from error
        del key
        return cls(folder=folder, classes=classes, image_shape=(rows, columns, CHANNELS), size=size)

    def training_batches(self, *, epoch: int, batch_size: int, augmentation: str, seed: int) -> Any:
        """Batches of (floats 0..255 [n, *image_shape], labels [n]) in an order of the epoch's own.

        Order and augmentation follow from seed and epoch alone, so that a resumed training
        sees what an uninterrupted one would have seen.
        """
        seeds = tf.data.Dataset.counter().map(lambda n: tf.stack([n, seed * 100_003 + epoch]))
        shuffled = self._decoded.shuffle(
            min(self.size, _SHUFFLED), seed=seed * 100_003 + epoch, reshuffle_each_iteration=False
        )
        pictures = tf.data.Dataset.zip(shuffled, seeds).map(
            lambda picture, each: (_augmented(picture[0], augmentation, each), picture[1]),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        whole = pictures.take(self.steps(batch_size) * batch_size)
        return _ready(whole.batch(batch_size), self.steps(batch_size))

    def steps(self, batch_size: int) -> int:
        """Steps an epoch. The last, smaller batch counts from half a batch on: a few pictures
        alone would move the weights as much as a whole batch does."""
        return max(1, round(self.size / batch_size))

    @cached_property
    def batches(self) -> Any:
        """Every picture once, in the order of the files, as `training_batches` gives them."""
        return _ready(self._decoded.batch(_BATCH), -(-self.size // _BATCH))

    @cached_property
    def _decoded(self) -> Any:
        """(uint8 [*image_shape], label) one by one; from memory after a first pass if they fit."""
        files = tf.data.Dataset.from_tensor_slices(records.shard_files(self.folder))
        serialized = files.interleave(
            tf.data.TFRecordDataset, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
        )
        decoded = serialized.map(self._read, num_parallel_calls=tf.data.AUTOTUNE)
        rows, columns, channels = self.image_shape
        fits = self.size * rows * columns * channels < _CACHED_PART * _memory_bytes()
        return decoded.cache() if fits else decoded

    def _read(self, serialized: Any) -> tuple[Any, Any]:
        encoded, label, key = records.parse(serialized)
        image = _decode(encoded)
        told = f"{self.folder}: every picture must have the shape {list(self.image_shape)}"
        tf.debugging.Assert(
            tf.reduce_all(tf.shape(image) == self.image_shape), [told, key, tf.shape(image)]
        )
        within = tf.logical_and(label >= 0, label < len(self.classes))
        told = f"{self.folder}: every label must be one of the {len(self.classes)} classes"
        tf.debugging.Assert(within, [told, key, label])
        return tf.ensure_shape(image, self.image_shape), label


def check_fit(train: Split, validation: Split) -> None:
    """Raises RefusedError where the two were not prepared together."""
    faults = []
    if train.classes != validation.classes:
        faults.append(
            f"{validation.folder}: has the classes {list(validation.classes)}, "
            f"{train.folder} has {list(train.classes)}"
        )
    if train.image_shape != validation.image_shape:
        faults.append(
            f"{validation.folder}: has pictures of {validation.image_shape}, "
            f"{train.folder} of {train.image_shape}"
        )
    if faults:
        raise RefusedError("the channels do not fit together, one run of prepare.py must:", faults)


def _decode(encoded: Any) -> Any:
    return tf.io.decode_image(encoded, channels=CHANNELS, expand_animations=False)


def _ready(batches: Any, count: int) -> Any:
    floats = batches.map(lambda images, labels: (tf.cast(images, tf.float32), labels))
    # Reading several files hides how many records there are, and Keras would guess.
    counted = floats.apply(tf.data.experimental.assert_cardinality(count))
    options = tf.data.Options()
    # One machine reads all files; its GPUs share each batch.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return counted.prefetch(tf.data.AUTOTUNE).with_options(options)


def _augmented(image: Any, augmentation: str, seed: Any) -> Any:
    if augmentation == "none":
        return image
    rows, columns, channels = image.shape
    margin = max(1, round(rows * _SHIFT))
    padded = tf.pad(image, [[margin, margin], [margin, margin], [0, 0]], constant_values=0)
    image = tf.image.stateless_random_crop(padded, [rows, columns, channels], seed)
    if augmentation == "shift-flip":
        image = tf.image.stateless_random_flip_left_right(image, seed)
    return image


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
