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

Memory does not grow with the number of rows: they are kept and sorted on disk. Where the data
cannot be trained on nothing but the quarantine is written, and the exit message says why.
"""

from __future__ import annotations

import sys
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contracts.manifest import Manifest, ManifestObject
from contracts.table_schema import TableSchema, TableSchemaError
from shared import arguments, faults
from shared.environment import ML
from shared.faults import RefusedError
from shared.manifests import is_folder_marker, read_manifest
from shared.objects import ObjectError, s3_client
from shared.quarantine import Quarantine
from shared.tables import bad_rows, soundness
from shared.tables.bad_rows import BadRows
from shared.tables.fetch import fetch
from shared.tables.prepared import write_dataset
from shared.tables.row_index import RowIndex
from shared.tables.screening import Screening
from shared.tables.splitting import SPLITS, Splitter

PROGRAM = "shared.tables.prepare"
_MESSAGE = f"{ML}/output/message"
_UNREADABLE_SHOWN = 20

OPTIONS = (
    arguments.text("schema-file", default="schema.json", help="the table's schema"),
    arguments.number(
        "validation-fraction",
        low=0,
        high=1,
        open_ends=True,
        default="0.15",
        help="part that tuning is judged by",
    ),
    arguments.number(
        "test-fraction",
        low=0,
        high=1,
        open_ends=True,
        default="0.15",
        help="part that neither tuning nor training sees",
    ),
    arguments.integer(
        "min-rows-per-class",
        low=1,
        high=10**9,
        default="20",
        help="different rows that each class needs",
    ),
    arguments.number(
        "max-bad-fraction",
        low=0,
        high=1,
        default="0.2",
        help="part of the rows, and of the files, that may be unusable",
    ),
    arguments.integer("samples", low=0, high=1000, default="12", help="held-out rows kept"),
    arguments.text(
        "manifest-dir",
        default=f"{ML}/processing/input/manifest",
        help="folder that holds the manifest",
    ),
    arguments.text("output-dir", default=f"{ML}/processing/output", help="where results go"),
    arguments.text("message-file", default=_MESSAGE, help="exit message"),
)


def read_arguments(argv: Sequence[str]) -> Namespace:
    """Raises RefusedError with all faults."""
    options = Namespace(**arguments.parse(OPTIONS, argv, program=PROGRAM))
    if options.validation_fraction + options.test_fraction >= 1:
        raise RefusedError(
            f"{PROGRAM} cannot start, its arguments are wrong:",
            [
                f"--test-fraction: {options.test_fraction} leaves nothing to train on beside "
                f"--validation-fraction {options.validation_fraction}; their sum must be below 1"
            ],
        )
    return options


def read_schema(path: Path) -> TableSchema:
    """Raises RefusedError with all faults."""
    try:
        return TableSchema.parse(path.read_bytes())
    except FileNotFoundError as error:
        raise RefusedError("the table's schema is missing:", [f"{path}: no such file"]) from error
    except TableSchemaError as error:
        raise RefusedError(f"{path} is not a table's schema:", error.faults) from error


def prepare(options: Namespace, s3: Any) -> None:
    """The whole job. Raises RefusedError where the data cannot be trained on."""
    schema = read_schema(Path(options.schema_file))
    manifest = read_manifest(Path(options.manifest_dir))
    items = [item for item in manifest.objects if not is_folder_marker(item)]
    output = Path(options.output_dir)
    print(f"reading {len(items)} files from s3://{manifest.bucket}/{manifest.prefix}", flush=True)
    # The job's own volume, beside what is uploaded: /tmp is on a smaller one.
    output.parent.mkdir(parents=True, exist_ok=True)
    with RowIndex(output.parent) as index, BadRows(output / "quarantine") as bad:
        quarantine = Quarantine(
            output / "quarantine", prefix=manifest.prefix, reserved=(bad_rows.FILE,)
        )
        screening = Screening(schema, index, bad, quarantine)
        _screen(screening, manifest, items, s3, output.parent)
        # Before any check: why files are bad is wanted most where too many are.
        quarantine.write_report()
        keys = [item.key for item in items]
        summary = _write(options, screening, manifest, keys, output)
    print(summary, flush=True)


def _screen(
    screening: Screening, manifest: Manifest, items: Sequence[ManifestObject], s3: Any, folder: Path
) -> None:
    unreadable: list[str] = []
    with tempfile.TemporaryDirectory(dir=folder, prefix=".object-") as scratch:
        path = Path(scratch) / "object"
        for number, item in enumerate(items):
            try:
                fetch(s3, manifest.bucket, item, path)
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


def _write(
    options: Namespace,
    screening: Screening,
    manifest: Manifest,
    keys: Sequence[str],
    output: Path,
) -> str:
    index = screening.index
    repeated = index.drop_repeated()
    counts = index.labels()
    schema = screening.schema.with_classes(tuple(counts))
    screening.find_contradictions(keys)
    if soundness.contradict_too_often(screening, sum(counts.values()), options.max_bad_fraction):
        screening.put_contradictions_aside(keys)
    found = soundness.faults(
        screening,
        schema,
        counts,
        files=len(keys),
        min_rows_per_class=options.min_rows_per_class,
        max_bad_fraction=options.max_bad_fraction,
    )
    splitter = Splitter(options.validation_fraction, options.test_fraction)
    if not found:
        splitter.fill_empty_splits(index)
        held = splitter.counts(index)
        found = [
            f"none of the {held.total()} different rows falls to {split}; upload more"
            for split in SPLITS
            if not held[split]
        ]
    if found:
        raise RefusedError(
            f"the upload s3://{manifest.bucket}/{manifest.prefix} cannot be trained on. Put it "
            "right and upload again, that starts a new run:",
            found,
        )
    return write_dataset(
        output,
        screening,
        schema,
        splitter,
        workload=manifest.workload,
        keys=keys,
        repeated=repeated,
        samples=options.samples,
    )


def main() -> int:
    """Exit status of the job."""
    argv = sys.argv[1:]
    return faults.run(
        lambda: prepare(read_arguments(argv), s3_client(1)),
        message_file=Path(arguments.peek(argv, "message-file") or _MESSAGE),
    )


if __name__ == "__main__":
    sys.exit(main())
