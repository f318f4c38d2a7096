"""Feeds pictures to training: shards read in parallel, decoded in parallel, cached, shuffled."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import tensorflow as tf

from shared import class_names
from shared.faults import RefusedError
from shared.images import records
from shared.tensorflow.augmentation import Augment

CHANNELS = 3
_SHUFFLED = 20_000
_BATCH = 256
_CACHED_PART = 0.25


class Batches(NamedTuple):
    """Batches spread over all replicas, and how many steps take all of them."""

    batches: Any
    steps: int


@dataclass(frozen=True, kw_only=True)
class Split:
    """The pictures of one channel.

    Attributes:
        folder: what shared.images.prepare wrote: *.tfrecord and classes.json.
        image_shape: rows, columns, channels that every picture must have.
        label_counts: how many pictures each class has, by label.
    """

    folder: Path
    classes: tuple[str, ...]
    image_shape: tuple[int, int, int]
    size: int
    label_counts: tuple[int, ...]
    _kept: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def open(cls, folder: Path) -> Split:
        """Look at a channel.

        Raises:
            RefusedError: files are missing or empty, or the first record is no picture.
        """
        classes = class_names.read(folder)
        serialized = tf.data.TFRecordDataset(records.shard_files(folder))
        try:
            counts = _label_counts(serialized, len(classes))
            size = sum(counts)
            if not size:
                raise RefusedError("data is missing:", [f"{folder}: its files hold no picture"])
            encoded, _, key = records.parse(next(iter(serialized)))
            rows, columns, _ = _decode(encoded).shape
        except tf.errors.OpError as error:
            fault = f"{folder}: {error.message}; expected TFRecords as prepare.py writes them"
            raise RefusedError("data is damaged:", [fault]) from error
        del key
        return cls(
            folder=folder,
            classes=classes,
            image_shape=(rows, columns, CHANNELS),
            size=size,
            label_counts=counts,
        )

    def training_batches(
        self, strategy: Any, *, epoch: int, batch_size: int, augment: Augment, seed: int
    ) -> Any:
        """`steps` distributed batches of (floats 0..255 [n, *image_shape], labels [n]).

        Order and augmentation follow from seed and epoch alone, so that a resumed training
        sees what an uninterrupted one would have seen. Each host reads its own part of the
        pictures; every replica gets as many in a step.
        """
        replicas = strategy.num_replicas_in_sync
        each, steps = self._each_and_steps(batch_size, replicas)

        def of_host(context: Any) -> Any:
            hosts, host = context.num_input_pipelines, context.input_pipeline_id
            own_seed = seed * 100_003 + epoch
            seeds = tf.data.Dataset.counter().map(
                lambda n: tf.stack([n * hosts + host, tf.constant(own_seed, tf.int64)])
            )
            shuffled = self._decoded(hosts, host).shuffle(
                min(self.size, _SHUFFLED), seed=own_seed, reshuffle_each_iteration=False
            )
            pictures = tf.data.Dataset.zip(shuffled.repeat(), seeds).map(
                lambda picture, seed: (augment(picture[0], seed), picture[1]),
                num_parallel_calls=tf.data.AUTOTUNE,
            )
            # The last batch of one replica may be smaller, see `steps`.
            wanted = steps * each * replicas // hosts
            own = min(wanted, self.size) if replicas == 1 else wanted
            return _ready(pictures.take(own).batch(each))

        return strategy.distribute_datasets_from_function(of_host)

    def steps(self, batch_size: int, replicas: int = 1) -> int:
        """Steps an epoch. The last, smaller batch counts from half a batch on: a few pictures
        alone would move the weights as much as a whole batch does. Several replicas have whole
        batches only."""
        return self._each_and_steps(batch_size, replicas)[1]

    def measuring_batches(self, strategy: Any) -> Batches:
        """Every picture once: distributed (floats, labels, counts).

        So that every replica has as many, black pictures follow with the count 0.
        """
        replicas = strategy.num_replicas_in_sync
        each = max(1, min(_BATCH, -(-self.size // replicas)))
        steps = -(-self.size // (each * replicas))

        def of_host(context: Any) -> Any:
            hosts, host = context.num_input_pipelines, context.input_pipeline_id
            counted = self._decoded(hosts, host).map(lambda image, label: (image, label, 1.0))
            black = (tf.zeros(self.image_shape, tf.uint8), tf.constant(0, tf.int64), 0.0)
            filling = tf.data.Dataset.from_tensors(black).repeat()
            whole = counted.concatenate(filling).take(steps * each * replicas // hosts)
            return _ready(whole.batch(each))

        if "measuring" not in self._kept:
            batches = strategy.distribute_datasets_from_function(of_host)
            self._kept["measuring"] = Batches(batches, steps)
        kept: Batches = self._kept["measuring"]
        return kept

    def _each_and_steps(self, batch_size: int, replicas: int) -> tuple[int, int]:
        """Pictures a step on each replica, and steps."""
        if replicas == 1:
            return batch_size, max(1, round(self.size / batch_size))
        each = max(1, min(batch_size, self.size // replicas))
        return each, max(1, self.size // (each * replicas))

    def _decoded(self, hosts: int, host: int) -> Any:
        """A host's part: (uint8 [*image_shape], label); from memory after a pass if it fits."""
        if (hosts, host) in self._kept:
            return self._kept[hosts, host]
        files = tf.data.Dataset.from_tensor_slices(records.shard_files(self.folder))
        serialized = files.interleave(
            tf.data.TFRecordDataset, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
        )
        decoded = serialized.shard(hosts, host).map(self._read, num_parallel_calls=tf.data.AUTOTUNE)
        rows, columns, channels = self.image_shape
        share = self.size * rows * columns * channels / hosts
        kept = decoded.cache() if share < _CACHED_PART * _memory_bytes() else decoded
        self._kept[hosts, host] = kept
        return kept

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
        raise RefusedError(
            "the channels do not fit together, one run of preparation must make them:", faults
        )


def _label_counts(serialized: Any, classes: int) -> tuple[int, ...]:
    """Labels that are none of the classes count into the last: they are refused when read."""
    labels = serialized.map(lambda one: records.parse(one)[1]).batch(1024)
    counts = labels.reduce(
        tf.zeros(classes, tf.int64),
        lambda sums, batch: (
            sums
            + tf.math.bincount(
                tf.cast(tf.clip_by_value(batch, 0, classes - 1), tf.int32),
                minlength=classes,
                dtype=tf.int64,
            )
        ),
    )
    return tuple(int(count) for count in counts)


def _decode(encoded: Any) -> Any:
    return tf.io.decode_image(encoded, channels=CHANNELS, expand_animations=False)


def _ready(batches: Any) -> Any:
    floats = batches.map(lambda images, *others: (tf.cast(images, tf.float32), *others))
    return floats.prefetch(tf.data.AUTOTUNE)


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
