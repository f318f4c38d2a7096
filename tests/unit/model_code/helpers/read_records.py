"""Prints what the TFRecords of a prepared dataset hold, as JSON, by split."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import tensorflow as tf

from shared.images import records


def read(folder: Path) -> list[dict[str, Any]]:
    found = []
    for serialized in tf.data.TFRecordDataset(records.shard_files(folder)):
        encoded, label, key = records.parse(serialized)
        pixels = tf.io.decode_image(encoded).numpy()
        found.append(
            {
                "key": key.numpy().decode(),
                "label": int(label),
                "shape": list(pixels.shape),
                "digest": hashlib.sha256(pixels.tobytes()).hexdigest(),
            }
        )
    return found


if __name__ == "__main__":
    splits = ("train", "validation", "test")
    print(json.dumps({name: read(Path(sys.argv[1]) / name) for name in splits}))
