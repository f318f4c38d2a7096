"""TFRecord files of encoded pictures: what prepare.py writes and training reads.

Each record is a `tf.train.Example` with `image/encoded` (PNG or JPEG), `image/class/label`
(index into classes.json) and `image/key` (the object's key, UTF-8).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import tensorflow as tf

from shared.faults import RefusedError

_PICTURES_PER_SHARD = 256
_MOST_SHARDS = 64


class Record(NamedTuple):
    """One picture of a split."""

    encoded: bytes
    label: int
    key: str


def shard_count(pictures: int) -> int:
    """Enough files to read in parallel, and not so many that each is tiny."""
    return min(_MOST_SHARDS, max(1, -(-pictures // _PICTURES_PER_SHARD)))


def write_shards(folder: Path, records: Iterable[Record], count: int) -> None:
    """Write `count` records, dealt in turn to ``part-00000-of-0000N.tfrecord``."""
    folder.mkdir(parents=True, exist_ok=True)
    shards = shard_count(count)
    writers = [
        tf.io.TFRecordWriter(str(folder / f"part-{shard:05d}-of-{shards:05d}.tfrecord"))
        for shard in range(shards)
    ]
    try:
        for number, record in enumerate(records):
            writers[number % shards].write(_example(record))
    finally:
        for writer in writers:
            writer.close()


def shard_files(folder: Path) -> list[str]:
    """The TFRecord files in a folder, sorted.

    Raises:
        RefusedError: there are none.
    """
    files = sorted(str(path) for path in folder.glob("*.tfrecord"))
    if not files:
        there = sorted(path.name for path in folder.iterdir())[:5] if folder.is_dir() else []
        found = f"it holds {', '.join(there)}" if there else "it is empty or missing"
        fault = f"{folder}: no file *.tfrecord, {found}; expected what prepare.py writes"
        raise RefusedError("data is missing:", [fault])
    return files


def parse(serialized: Any) -> tuple[Any, Any, Any]:
    """Encoded picture, label and key (tensors) of one serialised record (a string tensor)."""
    features = tf.io.parse_single_example(
        serialized,
        {
            "image/encoded": tf.io.FixedLenFeature([], tf.string),
            "image/class/label": tf.io.FixedLenFeature([], tf.int64),
            "image/key": tf.io.FixedLenFeature([], tf.string),
        },
    )
    return features["image/encoded"], features["image/class/label"], features["image/key"]


def _example(record: Record) -> bytes:
    def of_bytes(value: bytes) -> Any:
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))

    label = tf.train.Feature(int64_list=tf.train.Int64List(value=[record.label]))
    features = {
        "image/encoded": of_bytes(record.encoded),
        "image/class/label": label,
        "image/key": of_bytes(record.key.encode()),
    }
    example = tf.train.Example(features=tf.train.Features(feature=features))
    serialized: bytes = example.SerializeToString(deterministic=True)
    return serialized
