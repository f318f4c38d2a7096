"""Writes a checked and split dataset: shards, samples, the report and the baseline."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contracts.samples import IMAGE, INDEX, Sample, Samples
from shared import class_names
from shared.hosts import Hosts
from shared.images.baseline import baseline
from shared.images.index import Index
from shared.images.shards import Record, suffix_of, write_shards
from shared.images.splitting import SPLITS, TEST
from shared.manifest_stream import ManifestHead
from shared.spool import Slot, Spool

SCHEMA_VERSION = 2
SAMPLE_FILES = "files"
_GOOD = "FROM files WHERE state = 'good'"


def write_dataset(output: Path, index: Index, spool: Spool, *, form: str, hosts: Hosts) -> None:
    """Write this host's pictures of each split."""
    classes = index.classes()
    numbers = {label: number for number, label in enumerate(classes)}
    for name in SPLITS:
        count = index.value(
            "SELECT COUNT(*) FROM pictures JOIN files USING (fingerprint)"
            " WHERE split = ? AND own AND state = 'good'",
            name,
        )
        records = _records(index, spool, name, numbers)
        write_shards(output / name, records, count, form=form, host=hosts.in_file_names)
        class_names.write(output / name, classes)


def write_facts(
    output: Path,
    index: Index,
    spool: Spool,
    manifest: ManifestHead,
    options: Namespace,
    *,
    hosts: Hosts,
    passed_over: int,
) -> str:
    """Write samples, report and baseline, which one host does; answer a summary for people."""
    _write_samples(output / "samples", index, spool, options.samples)
    report = _report(index, manifest, options, hosts=hosts, passed_over=passed_over)
    _write_json(output / "report" / "dataset.json", report)
    statistics = baseline(index, edge=options.image_size)
    _write_json(output / "report" / "baseline.json", statistics)
    totals = {name: sum(labels.values()) for name, labels in report["pictures"].items()}
    shown = ", ".join(f"{count} {name}" for name, count in totals.items())
    return (
        f"{sum(totals.values())} pictures of {len(report['classes'])} classes: {shown}; "
        f"{report['rejected']} in quarantine"
    )


def _records(
    index: Index, spool: Spool, split: str, numbers: Mapping[str, int]
) -> Iterator[Record]:
    # By the pictures' hashes, so that each shard is a mixture of the classes.
    rows = index.rows(
        "SELECT files.key, files.label, start, length"
        " FROM pictures JOIN files ON files.fingerprint = pictures.fingerprint"
        " WHERE split = ? AND own AND state = 'good'"
        " ORDER BY place, pictures.fingerprint, files.key",
        split,
    )
    for key, label, start, length in rows:
        yield Record(spool.get(Slot(start, length)), numbers[label], key)


def _write_samples(folder: Path, index: Index, spool: Spool, count: int) -> None:
    """In turn one of each class, so that a few samples show many classes; no picture twice."""
    (folder / SAMPLE_FILES).mkdir(parents=True, exist_ok=True)
    rows = index.rows(
        "SELECT key, label, start, length, ROW_NUMBER() OVER"
        " (PARTITION BY label ORDER BY place, fingerprint) AS turn FROM ("
        "  SELECT MIN(files.key) AS key, files.label, start, length, place, fingerprint"
        "  FROM pictures JOIN files USING (fingerprint)"
        "  WHERE split = ? AND own AND state = 'good' GROUP BY fingerprint"
        " ) ORDER BY turn, label LIMIT ?",
        TEST,
        count,
    )
    listed = []
    for number, (key, label, start, length, _) in enumerate(rows):
        encoded = spool.get(Slot(start, length))
        plain = re.sub(r"[^\w.-]", "_", label)[:40]
        file = f"{SAMPLE_FILES}/{number:02d}-{plain}{suffix_of(encoded)}"
        (folder / file).write_bytes(encoded)
        listed.append(Sample(file=file, label=label, key=key))
    document = Samples(content_type=IMAGE, classes=tuple(index.classes()), samples=tuple(listed))
    (folder / INDEX).write_text(document.to_json(), encoding="utf-8")


def _report(
    index: Index, manifest: ManifestHead, options: Namespace, *, hosts: Hosts, passed_over: int
) -> dict[str, Any]:
    classes = index.classes()
    pictures = {name: dict.fromkeys(classes, 0) for name in SPLITS}
    rows = index.rows(
        "SELECT split, files.label, COUNT(*) FROM pictures JOIN files USING (fingerprint)"
        " WHERE state = 'good' GROUP BY split, files.label"
    )
    for name, label, count in rows:
        pictures[name][label] = count
    good = sum(sum(labels.values()) for labels in pictures.values())
    different = index.value("SELECT COUNT(*) FROM pictures")
    by_class = index.counts("SELECT label, COUNT(*) FROM pictures GROUP BY label")
    given = index.value("SELECT COUNT(*) FROM pictures WHERE in_test IS NOT NULL")
    return {
        "schema_version": SCHEMA_VERSION,
        "workload": manifest.workload,
        "layout": options.layout,
        "image_size": options.image_size,
        "format": options.format,
        "hosts": len(hosts.names),
        "classes": classes,
        "pictures": pictures,
        "different_pictures": different,
        "test_split": "as the dataset's makers held it out" if given else "by hash of the content",
        "duplicates": {
            "copies": good - different,
            "in_both_of_the_makers_splits": _leaks(index),
        },
        "imbalance": max(by_class.values()) / min(by_class.values()),
        "only_trained_on": [
            label for label in classes if not pictures[TEST][label] and by_class[label] == 1
        ],
        "without_test_pictures": [label for label in classes if not pictures[TEST][label]],
        "formats": index.counts(
            "SELECT form, COUNT(*) FROM files WHERE state='good' GROUP BY form"
        ),
        "modes": index.counts("SELECT mode, COUNT(*) FROM files WHERE state='good' GROUP BY mode"),
        "rejected": index.value("SELECT COUNT(*) FROM files WHERE state = 'bad'"),
        "faults": index.counts("SELECT kind, COUNT(*) FROM files WHERE state='bad' GROUP BY kind"),
        "passed_over": passed_over,
    }


def _leaks(index: Index) -> int:
    """Pictures that the makers have in training and test alike; here they are tested with."""
    count: int = index.value(
        "SELECT COUNT(*) FROM (SELECT 1 FROM files WHERE state = 'good' AND in_test IS NOT NULL"
        " GROUP BY fingerprint HAVING COUNT(DISTINCT in_test) > 1)"
    )
    return count


def _write_json(path: Path, document: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    path.write_text(text, encoding="utf-8")
