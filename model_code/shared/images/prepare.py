"""Processing job: checks every picture of a dataset, resizes, splits, writes TFRecords.

Reads a manifest and the object versions that it names. Writes, below the output folder:

    train, validation, test   part-*.tfrecord and classes.json
    samples                   some held-out pictures as files, and samples.json
    report                    dataset.json: what the dataset holds
    quarantine                files that cannot be used, and quarantine.json with the reasons

Where the data cannot be trained on nothing but the quarantine is written, and the exit message
says what is wrong.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contracts.manifest import Manifest, ManifestError
from shared import arguments, faults
from shared.environment import ML
from shared.faults import RefusedError
from shared.images.screening import is_folder_marker, screen
from shared.images.soundness import check
from shared.images.splitting import split
from shared.objects import read_object, s3_client
from shared.quarantine import Quarantine
from shared.spool import Spool

_MESSAGE = f"{ML}/output/message"

OPTIONS = (
    arguments.integer("image-size", low=8, high=1024, default="32", help="edge in pixels"),
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
        "min-images-per-class",
        low=3,
        high=10**9,
        default="20",
        help="different pictures that each class needs",
    ),
    arguments.number(
        "max-bad-fraction",
        low=0,
        high=1,
        default="0.2",
        help="part of the files that may be unusable",
    ),
    arguments.integer("samples", low=0, high=1000, default="12", help="held-out pictures kept"),
    arguments.integer("threads", low=1, high=256, default="32", help="objects read at once"),
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
    options = Namespace(**arguments.parse(OPTIONS, argv, program="prepare.py"))
    if options.validation_fraction + options.test_fraction >= 1:
        raise RefusedError(
            "prepare.py cannot start, its arguments are wrong:",
            [
                f"--test-fraction: {options.test_fraction} leaves nothing to train on beside "
                f"--validation-fraction {options.validation_fraction}; their sum must be below 1"
            ],
        )
    return options


def read_manifest(folder: Path) -> Manifest:
    """The one manifest in a folder.

    Raises:
        RefusedError: none, several, or one that is not valid.
    """
    files = sorted(folder.glob("*.json"))
    if len(files) != 1:
        names = ", ".join(file.name for file in files) or "none"
        raise RefusedError(
            "the dataset's manifest is missing:", [f"{folder}: expected one *.json, found {names}"]
        )
    try:
        return Manifest.parse(files[0].read_bytes())
    except ManifestError as error:
        raise RefusedError(f"{files[0]} is not a manifest:", error.faults) from error


def prepare(options: Namespace, s3: Any) -> None:
    """The whole job. Raises RefusedError where the data cannot be trained on."""
    manifest = read_manifest(Path(options.manifest_dir))
    output = Path(options.output_dir)
    quarantine = Quarantine(output / "quarantine", prefix=manifest.prefix)
    files = sum(not is_folder_marker(item) for item in manifest.objects)
    print(f"reading {files} files from s3://{manifest.bucket}/{manifest.prefix}", flush=True)
    # The job's own volume, beside what is uploaded: /tmp is on a smaller one.
    output.parent.mkdir(parents=True, exist_ok=True)
    with Spool(output.parent) as spool:
        good = screen(
            manifest,
            lambda item: read_object(s3, manifest.bucket, item),
            edge=options.image_size,
            threads=options.threads,
            spool=spool,
            quarantine=quarantine,
        )
        # Before the check: why files are bad is wanted most where too many are.
        quarantine.write_report()
        pictures = [item.picture for item in good]
        check(
            manifest,
            pictures,
            quarantine.reasons(),
            files=files,
            min_images_per_class=options.min_images_per_class,
            max_bad_fraction=options.max_bad_fraction,
        )
        splits = split(
            pictures,
            validation_fraction=options.validation_fraction,
            test_fraction=options.test_fraction,
        )
        # TensorFlow takes seconds to import, and bad data is refused without it.
        from shared.images.prepared import write_dataset

        summary = write_dataset(
            output,
            good,
            splits,
            spool,
            manifest=manifest,
            edge=options.image_size,
            samples=options.samples,
            rejected=len(quarantine),
        )
    print(summary, flush=True)


def main() -> int:
    """Exit status of the job."""
    argv = sys.argv[1:]
    return faults.run(
        lambda: _start(argv),
        message_file=Path(arguments.peek(argv, "message-file") or _MESSAGE),
    )


def _start(argv: Sequence[str]) -> None:
    options = read_arguments(argv)
    prepare(options, s3_client(options.threads))


if __name__ == "__main__":
    sys.exit(main())
