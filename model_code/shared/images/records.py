"""TFRecord files of encoded pictures.

Each record is a `tf.train.Example` with `image/encoded` (PNG or JPEG), `image/class/label`
(index into classes.json) and `image/key` (the object's key, UTF-8).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from shared.faults import RefusedError
from shared.images import shards
from shared.images.shards import Record


def writer(path: Path) -> Any:
    """A context manager with `write` for what `serialized` makes."""
    return tf.io.TFRecordWriter(str(path))


def serialized(record: Record) -> bytes:
    """A record as its file holds it."""

    def of_bytes(value: bytes) -> Any:
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))

    label = tf.train.Feature(int64_list=tf.train.Int64List(value=[record.label]))
    features = {
        "image/encoded": of_bytes(record.encoded),
        "image/class/label": label,
        "image/key": of_bytes(record.key.encode()),
    }
    example = tf.train.Example(features=tf.train.Features(feature=features))
    content: bytes = example.SerializeToString(deterministic=True)
    return content


def shard_files(folder: Path) -> list[str]:
    """The TFRecord files in a folder, sorted. Raises RefusedError where there are none."""
    return [str(path) for path in shards.shard_files(folder, shards.TFRECORD)]


def parse(content: Any) -> tuple[Any, Any, Any]:
    """Encoded picture, label and key (tensors) of one serialised record (a string tensor)."""
    features = tf.io.parse_single_example(
        content,
        {
            "image/encoded": tf.io.FixedLenFeature([], tf.string),
            "image/class/label": tf.io.FixedLenFeature([], tf.int64),
            "image/key": tf.io.FixedLenFeature([], tf.string),
        },
    )
    return features["image/encoded"], features["image/class/label"], features["image/key"]


def read(files: Sequence[Path]) -> Iterator[Record]:
    """The records of the files, one after the other. Raises RefusedError where one is damaged."""
    for file in files:
        try:
            for encoded, label, key in tf.data.TFRecordDataset(str(file)).map(parse):
                yield Record(encoded.numpy(), int(label), key.numpy().decode())
        except (tf.errors.OpError, UnicodeDecodeError) as error:
            told = getattr(error, "message", error)
            fault = f"{file}: {told}; expected TFRecords as shared.images.prepare writes them"
            raise RefusedError("data is damaged:", [fault]) from error
