"""Copies shards of one folder into TFRecords in another; prints what those hold, as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from shared.images.shards import TFRECORD, read_shards, write_shards

if __name__ == "__main__":
    records = list(read_shards(Path(sys.argv[1])))
    target = Path(sys.argv[2])
    write_shards(target, records, len(records), form=TFRECORD)
    copied = list(read_shards(target))
    assert copied == records
    print(json.dumps([[record.label, record.key, len(record.encoded)] for record in copied]))
