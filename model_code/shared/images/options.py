"""Arguments of `shared.images.prepare`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from shared import arguments
from shared.arguments import Option
from shared.environment import ML
from shared.faults import RefusedError
from shared.hosts import RESOURCE_CONFIG
from shared.images import shards
from shared.images.layouts import CUB, LAYOUTS
from shared.images.pictures import FORMATS

PROGRAM = "shared.images.prepare"
MESSAGE_FILE = f"{ML}/output/message"


def _formats() -> Option:
    allowed = f"a list of {', '.join(FORMATS)}, with commas between"

    def read(text: str) -> frozenset[str]:
        names = [{"jpg": "jpeg"}.get(name, name) for name in text.lower().split(",")]
        if not set(names) <= set(FORMATS):
            raise ValueError(text)
        return frozenset(names)

    return Option(
        name="formats",
        read=read,
        allowed=allowed,
        default=",".join(FORMATS),
        help="picture formats that are taken",
    )


def _yes_or_no(name: str, *, help: str) -> Option:
    def read(text: str) -> bool:
        if text not in ("true", "false"):
            raise ValueError(text)
        return text == "true"

    return Option(name=name, read=read, allowed="true or false", default="false", help=help)


def _fraction(name: str, *, help: str) -> Option:
    return arguments.number(name, low=0, high=1, open_ends=True, default="0.15", help=help)


OPTIONS = (
    arguments.choice("layout", LAYOUTS, default=LAYOUTS[0], help="how the upload tells classes"),
    arguments.integer("image-size", low=8, high=1024, default="32", help="edge in pixels"),
    arguments.choice("format", shards.FORMATS, default=shards.TFRECORD, help="of the splits"),
    _fraction("validation-fraction", help="part that tuning is judged by"),
    _fraction("test-fraction", help="part that neither tuning nor training sees"),
    arguments.integer(
        "min-images-per-class",
        low=1,
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
    arguments.number(
        "max-imbalance",
        low=0,
        high=10**9,
        default="0",
        help="different pictures of the largest class for each of the smallest; 0 for any",
    ),
    _formats(),
    arguments.integer(
        "min-edge", low=1, high=10_000, default="1", help="pixels of a picture's shorter edge"
    ),
    _yes_or_no("crop-to-bounding-box", help="cut pictures to the boxes of bounding_boxes.txt"),
    arguments.integer("samples", low=0, high=1000, default="12", help="held-out pictures kept"),
    arguments.integer("threads", low=1, high=256, default="32", help="objects read at once"),
    arguments.text(
        "workspace-uri",
        default="none",
        help="where the hosts of a job exchange what they found, s3://bucket/prefix of this run",
    ),
    arguments.number(
        "exchange-seconds",
        low=1,
        high=86_400,
        default="3600",
        help="how long the slowest host may take after the fastest",
    ),
    arguments.text("resource-config", default=RESOURCE_CONFIG, help="file that names the hosts"),
    arguments.text(
        "manifest-dir",
        default=f"{ML}/processing/input/manifest",
        help="folder that holds the manifest",
    ),
    arguments.text("output-dir", default=f"{ML}/processing/output", help="where results go"),
    arguments.text("message-file", default=MESSAGE_FILE, help="exit message"),
)


def read_arguments(argv: Sequence[str]) -> Namespace:
    """Raises RefusedError with all faults."""
    options = Namespace(**arguments.parse(OPTIONS, argv, program=PROGRAM))
    faults = []
    if options.validation_fraction + options.test_fraction >= 1:
        faults.append(
            f"--test-fraction: {options.test_fraction} leaves nothing to train on beside "
            f"--validation-fraction {options.validation_fraction}; their sum must be below 1"
        )
    if options.crop_to_bounding_box and options.layout != CUB:
        faults.append(
            f"--crop-to-bounding-box: the layout {options.layout} has no boxes; give false, or "
            f"--layout {CUB}"
        )
    if faults:
        raise RefusedError(f"{PROGRAM} cannot start, its arguments are wrong:", faults)
    return options
