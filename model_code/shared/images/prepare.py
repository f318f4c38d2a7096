"""Processing job: checks every picture of a dataset, resizes, splits, writes shards.

Reads a manifest and the object versions that it names. Writes, below the output folder:

    train, validation, test   part-*.tfrecord or part-*.tar, and classes.json
    samples                   samples.json, and some held-out pictures as files in files/
    report                    dataset.json: what the dataset holds; baseline.json: its statistics
    quarantine                files that cannot be used, and quarantine.json with the reasons

Where the data cannot be trained on nothing but the quarantine is written, and the exit message
says what is wrong.

Several hosts share the work by the objects' keys. Each looks at its own files, tells the others
what it found, decides as they do, and writes its own pictures and bad files; the first host
alone writes samples (of its own pictures), reports and quarantine.json, which names all files.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from shared import arguments, faults
from shared.exchange import Exchange
from shared.faults import RefusedError
from shared.hosts import Hosts
from shared.images.index import Index
from shared.images.layouts import CUB, CubLayout, FoldersLayout, Layout, ReadObject
from shared.images.options import MESSAGE_FILE, read_arguments
from shared.images.prepared import write_dataset, write_facts
from shared.images.screening import Requirements, enter, put_conflicts_aside, screen
from shared.images.soundness import check, check_splits
from shared.images.splitting import split
from shared.manifest_stream import ManifestStream
from shared.objects import ObjectError, read_object, s3_client
from shared.quarantine import Quarantine
from shared.spool import Spool


def prepare(options: Namespace, s3: Any, hosts: Hosts | None = None) -> None:
    """The whole job on one of its hosts. Raises RefusedError where the data cannot be used."""
    hosts = hosts or Hosts()
    manifest = ManifestStream(Path(options.manifest_dir))
    output = Path(options.output_dir)
    quarantine = Quarantine(output / "quarantine", prefix=manifest.head.prefix)
    bucket = manifest.head.bucket

    # The job's own volume, beside what is uploaded: /tmp is on a smaller one.
    output.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=output.parent) as scratch,
        Spool(output.parent) as spool,
        closing(Index(Path(scratch) / "index.sqlite")) as index,
    ):

        def read(item: Any) -> bytes:
            return read_object(s3, bucket, item)

        layout = _layout(options, manifest, read, index)
        passed_over = enter(manifest, layout, index, hosts)
        _say_what_is_read(index, manifest, hosts)
        requirements = Requirements(
            edge=options.image_size, formats=options.formats, min_edge=options.min_edge
        )
        screen(
            *(index, read, requirements),
            threads=options.threads,
            spool=spool,
            quarantine=quarantine,
        )
        _meet(options, s3, manifest, hosts, index, Path(scratch))
        index.prepare_lookups()
        put_conflicts_aside(index, read, quarantine)
        # Before the check: why files are bad is wanted most where too many are.
        if hosts.rank == 0:
            quarantine.write_entries(_bad_files(index))
        check(
            *(manifest.head, index),
            min_images_per_class=options.min_images_per_class,
            max_bad_fraction=options.max_bad_fraction,
            max_imbalance=options.max_imbalance,
        )
        split(
            index,
            validation_fraction=options.validation_fraction,
            test_fraction=options.test_fraction,
        )
        check_splits(manifest.head, index)
        write_dataset(output, index, spool, form=options.format, hosts=hosts)
        if hosts.rank == 0:
            facts = (output, index, spool, manifest.head, options)
            print(write_facts(*facts, hosts=hosts, passed_over=passed_over), flush=True)
        else:
            print(f"{hosts.current} has written its pictures", flush=True)


def _layout(options: Namespace, manifest: ManifestStream, read: ReadObject, index: Index) -> Layout:
    if options.layout != CUB:
        return FoldersLayout(manifest.head.prefix)
    try:
        crop = options.crop_to_bounding_box
        return CubLayout(manifest.objects(), read, index.database, crop=crop)
    except ObjectError as error:
        raise RefusedError("objects of the manifest cannot be read:", [str(error)]) from error


def _say_what_is_read(index: Index, manifest: ManifestStream, hosts: Hosts) -> None:
    files = index.value("SELECT COUNT(*) FROM files WHERE state = 'waiting'")
    own = index.value("SELECT COUNT(*) FROM files WHERE state = 'waiting' AND own")
    share = "" if hosts.alone else f", {own} of them on {hosts.current}"
    where = f"s3://{manifest.head.bucket}/{manifest.head.prefix}"
    print(f"reading {files} files from {where}{share}", flush=True)


def _meet(
    options: Namespace,
    s3: Any,
    manifest: ManifestStream,
    hosts: Hosts,
    index: Index,
    scratch: Path,
) -> None:
    """Give the other hosts what this one found, and take in what they did."""
    if not hosts.alone:
        exchange = Exchange(
            *(s3, options.workspace_uri, hosts), wait_seconds=options.exchange_seconds
        )
        own = scratch / "own.jsonl.gz"
        index.export(own)
        round_name = f"index-{_fingerprint(options, manifest, hosts)}"
        for path in exchange.share(round_name, own, scratch / "others").values():
            index.take_in(path)
    index.check_complete()


def _fingerprint(options: Namespace, manifest: ManifestStream, hosts: Hosts) -> str:
    """Of all that decides what a host finds."""
    with manifest.path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
    looked_at = (options.layout, options.image_size, sorted(options.formats), options.min_edge)
    digest.update(repr((looked_at, options.crop_to_bounding_box, hosts.names)).encode())
    return digest.hexdigest()[:16]


def _bad_files(index: Index) -> Iterator[dict[str, Any]]:
    rows = index.rows("SELECT key, kept, reason FROM files WHERE state = 'bad' ORDER BY key")
    for key, kept, reason in rows:
        yield {"key": key, "file": kept, "reason": reason}


def main() -> int:
    """Exit status of the job."""
    argv = sys.argv[1:]
    return faults.run(
        lambda: _start(argv),
        message_file=Path(arguments.peek(argv, "message-file") or MESSAGE_FILE),
    )


def _start(argv: Sequence[str]) -> None:
    options = read_arguments(argv)
    hosts = Hosts.read(Path(options.resource_config))
    prepare(options, s3_client(options.threads), hosts)


if __name__ == "__main__":
    sys.exit(main())
