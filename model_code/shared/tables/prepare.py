"""Processing job: checks every row of a dataset, drops what is there twice, splits.

    python3 -m shared.tables.prepare --schema-file schema.json ...

Reads a manifest, the object versions that it names (CSV, plain or gzip), and the schema
(contracts/table_schema.py). Writes, below the output folder:

    train, validation, test   part-*.csv: no header, the class index first, then the features as
                              numbers, empty where missing; as the built-in algorithms read them
    schema                    schema.json with the names of classes and features
    samples                   samples.json and some held-out rows as files of their own
    report                    dataset.json: what the dataset holds; baseline.json: its statistics
    quarantine                bad-rows.csv with the reasons, row by row; files that are no CSV,
                              and quarantine.json with theirs

Several hosts share the work by the objects' keys: each checks its own files, gives the others its
good rows and what it found, decides as they do, and writes its own rows (part-<host>-*.csv). The
first host alone writes schema, samples and report; the others' quarantine files end in their name.

Memory does not grow with the number of rows: they are kept and sorted on disk. Where the data
cannot be trained on nothing but the quarantine is written, and the exit message says why.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contracts.manifest import ManifestObject
from contracts.table_schema import TableSchema, TableSchemaError
from shared import arguments, faults, quarantine
from shared.exchange import Exchange
from shared.faults import RefusedError
from shared.hosts import Hosts
from shared.manifest_stream import ManifestHead, ManifestStream
from shared.manifests import is_folder_marker
from shared.objects import ObjectError, s3_client
from shared.quarantine import Quarantine
from shared.tables import bad_rows, contradictions, soundness
from shared.tables.bad_rows import BadRows
from shared.tables.contradictions import Contradictions
from shared.tables.fetch import fetch
from shared.tables.found import Found
from shared.tables.meeting import meet
from shared.tables.options import MESSAGE_FILE, read_arguments
from shared.tables.prepared import Dataset, write_facts, write_splits
from shared.tables.row_index import RowIndex
from shared.tables.screening import Screening
from shared.tables.splitting import SPLITS, Splitter

_UNREADABLE_SHOWN = 20


def read_schema(path: Path) -> TableSchema:
    """Raises RefusedError with all faults."""
    try:
        return TableSchema.parse(path.read_bytes())
    except FileNotFoundError as error:
        raise RefusedError("the table's schema is missing:", [f"{path}: no such file"]) from error
    except TableSchemaError as error:
        raise RefusedError(f"{path} is not a table's schema:", error.faults) from error


def prepare(options: Namespace, s3: Any, hosts: Hosts | None = None) -> None:
    """The whole job on one of its hosts. Raises RefusedError where the data cannot be used."""
    hosts = hosts or Hosts()
    schema = read_schema(Path(options.schema_file))
    manifest = ManifestStream(Path(options.manifest_dir))
    items = [item for item in manifest.objects() if not is_folder_marker(item)]
    output = Path(options.output_dir)
    suffix = "" if hosts.rank == 0 else f"-{hosts.current}"
    rows_name, files_name = (
        f"{Path(name).stem}{suffix}{Path(name).suffix}"
        for name in (bad_rows.FILE, quarantine.REPORT)
    )
    aside = Quarantine(
        output / "quarantine", prefix=manifest.head.prefix, reserved=(rows_name, files_name)
    )
    # The job's own volume, beside what is uploaded: /tmp is on a smaller one.
    output.parent.mkdir(parents=True, exist_ok=True)
    with (
        RowIndex(output.parent) as index,
        BadRows(output / "quarantine", name=rows_name) as bad,
        tempfile.TemporaryDirectory(dir=output.parent, prefix=".job-") as scratch,
    ):
        screening = Screening(schema, index, bad, aside)
        _screen(screening, manifest.head, items, s3, hosts, Path(scratch) / "object")
        # Before any check: why files are bad is wanted most where too many are.
        aside.write_report(name=files_name)
        found = _meet(options, s3, manifest, hosts, screening, Path(scratch))
        keys = [item.key for item in items]
        dataset = _judge(options, manifest.head, screening, found, keys, hosts)
        written = write_splits(output, dataset, hosts)
        print(f"{hosts.current} has written {written} rows", flush=True)
        if hosts.rank == 0:
            summary = write_facts(output, dataset, samples=options.samples, hosts=len(hosts.names))
            print(summary, flush=True)


def _screen(
    screening: Screening,
    head: ManifestHead,
    items: Sequence[ManifestObject],
    s3: Any,
    hosts: Hosts,
    path: Path,
) -> None:
    """Look at this host's files, one after the other in `path`."""
    own = [(number, item) for number, item in enumerate(items) if hosts.owns(item.key)]
    share = "" if hosts.alone else f", {len(own)} of them on {hosts.current}"
    where = f"s3://{head.bucket}/{head.prefix}"
    print(f"reading {len(items)} files from {where}{share}", flush=True)
    unreadable: list[str] = []
    for number, item in own:
        try:
            fetch(s3, head.bucket, item, path)
        except ObjectError as error:
            unreadable.append(str(error))
            if len(unreadable) >= _UNREADABLE_SHOWN:
                break
            continue
        screening.look_at(number, item.key, path)
    if unreadable:
        raise RefusedError(
            "objects of the manifest cannot be read; upload them again, or let the job's role "
            "read them:",
            unreadable,
        )


def _meet(
    options: Namespace,
    s3: Any,
    manifest: ManifestStream,
    hosts: Hosts,
    screening: Screening,
    scratch: Path,
) -> Found:
    own = screening.found()
    if hosts.alone:
        return own
    exchange = Exchange(s3, options.workspace_uri, hosts, wait_seconds=options.exchange_seconds)
    # A run that is started again must not meet the files of an attempt on other data.
    digest = hashlib.sha256(manifest.path.read_bytes())
    digest.update(repr((screening.schema.to_json(), hosts.names)).encode())
    round_name = f"rows-{digest.hexdigest()[:16]}"
    return meet(screening.index, own, hosts, exchange, round_name, scratch)


def _judge(
    options: Namespace,
    head: ManifestHead,
    screening: Screening,
    found: Found,
    keys: Sequence[str],
    hosts: Hosts,
) -> Dataset:
    """The dataset, if it can be trained on. Raises RefusedError."""
    index = screening.index
    repeated = index.drop_repeated()
    counts = index.labels()
    schema = screening.schema.with_classes(tuple(counts))
    several = contradictions.find(index, keys)
    _put_aside_too_many(options, several, screening, counts, keys, hosts)
    told = soundness.faults(
        found,
        several,
        schema,
        counts,
        files=len(keys),
        min_rows_per_class=options.min_rows_per_class,
        max_bad_fraction=options.max_bad_fraction,
    )
    splitter = Splitter(options.validation_fraction, options.test_fraction)
    if not told:
        splitter.fill_empty_splits(index)
        held = splitter.counts(index)
        told = [
            f"none of the {held.total()} different rows falls to {split}; upload more"
            for split in SPLITS
            if not held[split]
        ]
    if told:
        raise RefusedError(
            f"the upload s3://{head.bucket}/{head.prefix} cannot be trained on. Put it right and "
            "upload again, that starts a new run:",
            told,
        )
    return Dataset(
        workload=head.workload,
        schema=schema,
        index=index,
        splitter=splitter,
        keys=keys,
        found=found,
        contradictions=several,
        repeated=repeated,
    )


def _put_aside_too_many(
    options: Namespace,
    several: Contradictions,
    screening: Screening,
    counts: dict[str, int],
    keys: Sequence[str],
    hosts: Hosts,
) -> None:
    if several.too_many(sum(counts.values()), options.max_bad_fraction):
        contradictions.put_aside(
            screening.index,
            keys,
            screening.bad_rows,
            label=screening.schema.label,
            owned=lambda file: hosts.owns(keys[file]),
        )


def main() -> int:
    """Exit status of the job."""
    argv = sys.argv[1:]
    return faults.run(
        lambda: _start(argv),
        message_file=Path(arguments.peek(argv, "message-file") or MESSAGE_FILE),
    )


def _start(argv: Sequence[str]) -> None:
    options = read_arguments(argv)
    prepare(options, s3_client(1), Hosts.read(Path(options.resource_config)))


if __name__ == "__main__":
    sys.exit(main())
