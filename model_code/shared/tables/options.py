"""What `shared.tables.prepare` is told."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from shared import arguments
from shared.environment import ML
from shared.faults import RefusedError
from shared.hosts import RESOURCE_CONFIG

PROGRAM = "shared.tables.prepare"
MESSAGE_FILE = f"{ML}/output/message"

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
    if options.validation_fraction + options.test_fraction >= 1:
        raise RefusedError(
            f"{PROGRAM} cannot start, its arguments are wrong:",
            [
                f"--test-fraction: {options.test_fraction} leaves nothing to train on beside "
                f"--validation-fraction {options.validation_fraction}; their sum must be below 1"
            ],
        )
    return options
