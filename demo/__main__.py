"""Command line of the demo: ``python -m demo``; `make demo` calls it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from contracts.predictions import PredictionsError
from contracts.samples import SamplesError
from demo.cloud import FOREIGN
from demo.errors import DemoError
from demo.lock import only_one_demo
from demo.main_job import MainJob
from demo.narrator import Narrator
from local_cloud.process import LocalCloudError
from local_cloud.settings import DEFAULT_PORT, LocalCloudSettings

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
PLAIN: Final[dict[str, Any]] = {"markup": False, "highlight": False, "soft_wrap": True}


def main() -> int:
    arguments = parse_arguments()
    for name in FOREIGN:
        # boto3 refuses any call while a profile is named that it does not find.
        os.environ.pop(name, None)
    console = Console()
    job = MainJob(
        settings=LocalCloudSettings(state_dir=LOCAL / "cloud", port=arguments.port),
        folder=LOCAL / "demo",
        narrator=Narrator(console),
    )
    try:
        with only_one_demo(LOCAL / "demo.lock"):
            if arguments.all:
                return 0 if job.all() else 1
            job.one(arguments.workload, arguments.data)
    except (DemoError, LocalCloudError, PredictionsError, SamplesError) as error:
        console.print(f"\ndemo: {error}", style="red", **PLAIN)
        return 1
    except (BotoCoreError, ClientError) as error:
        console.print(
            f"\ndemo: a call to the local cloud failed: {error}\nIts log is at "
            f"{job.settings.log_file}. `make demo` tries again, `make destroy demo` starts afresh.",
            style="red",
            **PLAIN,
        )
        return 1
    except KeyboardInterrupt:
        console.print(
            "\ndemo: stopped following. The local cloud and what runs in it go on: `make status` "
            "shows it, `make demo` starts the job again, `make destroy` removes everything.",
            **PLAIN,
        )
        return 130
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--workload", default="cifar-tensorflow", help="default: %(default)s")
    which.add_argument(
        "--all", action="store_true", help="every workload of config/environments/local.yaml"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="upload this folder as it is, in place of the demo's own data",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=DEFAULT_PORT,
        help="port of the local cloud; a free one is used where it is taken (default: %(default)s)",
    )
    given = parser.parse_args()
    if given.all and given.data:
        parser.error("--data is one workload's: name it with --workload instead of --all")
    return given


if __name__ == "__main__":
    sys.exit(main())
