"""Writes a checked and split dataset: TFRecords, samples and the report."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from contracts.manifest import Manifest
from shared import class_names
from shared.images.screening import Screened
from shared.images.shards import TFRECORD, Record, write_shards
from shared.images.splitting import SPLITS, TEST, place
from shared.spool import Spool

SCHEMA_VERSION = 1


def write_dataset(
    output: Path,
    good: Sequence[Screened],
    splits: Mapping[bytes, str],
    spool: Spool,
    *,
    manifest: Manifest,
    edge: int,
    samples: int,
    rejected: int,
) -> str:
    """Write all splits, samples and the report; answer a summary for people."""
    classes = sorted({item.picture.label for item in good})
    by_split: dict[str, list[Screened]] = {name: [] for name in SPLITS}
    # By the pictures' hashes, so that each shard is a mixture of the classes.
    for item in sorted(good, key=lambda item: (place(item.picture.fingerprint), item.picture.key)):
        by_split[splits[item.picture.fingerprint]].append(item)
    for name, items in by_split.items():
        records = (
            Record(spool.get(item.slot), classes.index(item.picture.label), item.picture.key)
            for item in items
        )
        write_shards(output / name, records, len(items), form=TFRECORD)
        class_names.write(output / name, classes)
    _write_samples(output / "samples", _choose(by_split[TEST], samples), spool, edge)
    counts = {
        name: Counter(item.picture.label for item in items) for name, items in by_split.items()
    }
    _write_json(
        output / "report" / "dataset.json",
        {
            "schema_version": SCHEMA_VERSION,
            "workload": manifest.workload,
            "image_size": edge,
            "classes": classes,
            "pictures": {
                name: {label: of_split[label] for label in classes}
                for name, of_split in counts.items()
            },
            "different_pictures": len(splits),
            "rejected": rejected,
        },
    )
    totals = ", ".join(f"{len(items)} {name}" for name, items in by_split.items())
    return f"{len(good)} pictures of {len(classes)} classes: {totals}; {rejected} in quarantine"


def _choose(items: Sequence[Screened], count: int) -> list[Screened]:
    """In turn one of each class, so that a few samples show many classes; no picture twice."""
    waiting: defaultdict[str, dict[bytes, Screened]] = defaultdict(dict)
    for item in items:
        waiting[item.picture.label].setdefault(item.picture.fingerprint, item)
    queues = [list(found.values()) for _, found in sorted(waiting.items())]
    chosen: list[Screened] = []
    turn = 0
    while len(chosen) < count and any(turn < len(queue) for queue in queues):
        chosen += [queue[turn] for queue in queues if turn < len(queue)]
        turn += 1
    return chosen[:count]


def _write_samples(folder: Path, chosen: Sequence[Screened], spool: Spool, edge: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for number, item in enumerate(chosen):
        label = re.sub(r"[^\w.-]", "_", item.picture.label)[:40]
        file = f"{number:02d}-{label}{item.suffix}"
        (folder / file).write_bytes(spool.get(item.slot))
        listed.append({"file": file, "label": item.picture.label, "key": item.picture.key})
    document = {"schema_version": SCHEMA_VERSION, "image_size": edge, "samples": listed}
    _write_json(folder / "samples.json", document)


def _write_json(path: Path, document: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    path.write_text(text, encoding="utf-8")
