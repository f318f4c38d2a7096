"""Command line of the demo: ``python -m demo``; `make demo` calls it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from demo.clock import StageClock
from demo.cloud import FOREIGN
from demo.errors import DemoError
from demo.lock import only_one_demo
from demo.main_job import MainJob, check_workload
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
        workload=arguments.workload,
        settings=LocalCloudSettings(state_dir=LOCAL / "cloud", port=arguments.port),
        folder=LOCAL / "demo",
        console=console,
        clock=StageClock(),
    )
    try:
        check_workload(arguments.workload, workloads())
        with only_one_demo(LOCAL / "demo.lock"):
            job.run()
    except (DemoError, LocalCloudError) as error:
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
    parser.add_argument("--workload", default="cifar-tensorflow")
    parser.add_argument(
        "--port",
        type=int,
        default=DEFAULT_PORT,
        help="port of the local cloud; a free one is used where it is taken (default: %(default)s)",
    )
    return parser.parse_args()


def workloads() -> list[str]:
    return sorted(path.stem for path in (ROOT / "config" / "workloads").glob("*.yaml"))


if __name__ == "__main__":
    sys.exit(main())
