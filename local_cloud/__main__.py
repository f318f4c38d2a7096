"""A local AWS whose SageMaker really runs jobs, pipelines and endpoints, without Docker.

    python -m local_cloud start            # in the background; again, it does nothing
    eval "$(python -m local_cloud env)"    # points the AWS CLI and every SDK at it

Exit codes: 0 done, 1 it could not be done (and why, on stderr), 2 wrong usage, 3 not running
(status), 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
from pathlib import Path

from local_cloud import log_files, process
from local_cloud.environment import client_environment
from local_cloud.overview import overview
from local_cloud.settings import DEFAULT_PORT, LocalCloudSettings

LOG_LINES = 200
TIME_SCALE_VARIABLE = "LOCAL_CLOUD_TIME_SCALE"
MOST_TIME_SCALE = 3600.0
COMMANDS = {
    "start": "start it in the background and wait until it answers",
    "stop": "stop it and all that it runs; its state stays",
    "status": "where it listens, and what its jobs, pipelines and endpoints are doing",
    "logs": "the end of its own log, or the log of one job or endpoint",
    "reset": "stop it and remove its state folder",
    "env": "print the variables that point clients at it, for a shell's eval",
}


def main() -> int:
    arguments = parse_arguments()
    settings = LocalCloudSettings(
        state_dir=arguments.state_dir.resolve(),
        port=arguments.port,
        region=arguments.region,
        time_scale=arguments.time_scale,
    )
    # As an interrupt: a start that is ended leaves nothing behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if arguments.command == "logs":
            return logs(settings, arguments.name, arguments.lines)
        return {"start": start, "stop": stop, "status": status, "reset": reset, "env": env}[
            arguments.command
        ](settings)
    except (process.LocalCloudError, log_files.UnknownResourceError) as error:
        print(f"local cloud: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever reads, `head` for one, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("local cloud: interrupted", file=sys.stderr)
        return 130


def parse_arguments() -> argparse.Namespace:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--state-dir",
        type=Path,
        default=Path(".local/cloud"),
        help="the folder of all that it keeps; one local cloud a folder (default: %(default)s)",
    )
    common.add_argument(
        "--port",
        type=port_number,
        default=DEFAULT_PORT,
        help="where a start listens (default: %(default)s, or a free port if that is taken)",
    )
    common.add_argument("--region", default="us-east-1", help="of a start (default: %(default)s)")
    common.add_argument(
        "--time-scale",
        type=time_scale,
        default=os.environ.get(TIME_SCALE_VARIABLE, "1"),
        metavar="N",
        help="where AWS waits, wait only the N-th part (default: $LOCAL_CLOUD_TIME_SCALE or 1)",
    )
    parser = argparse.ArgumentParser(
        prog="python -m local_cloud",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, help_text in COMMANDS.items():
        command = commands.add_parser(name, parents=[common], help=help_text, description=help_text)
        if name == "logs":
            command.add_argument(
                "name",
                nargs="?",
                help=f"{', '.join(f'{kind}/<name>' for kind in log_files.KINDS)}, or a name alone",
            )
            command.add_argument(
                "--lines",
                type=line_count,
                default=LOG_LINES,
                help="how many of each log, 0 for all (default: %(default)s)",
            )
    return parser.parse_args()


def port_number(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is no port: give a number from 1 to 65535")
    return number


def line_count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no count of lines: give 0 or more")
    return int(text)


def time_scale(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 1.0 <= number <= MOST_TIME_SCALE:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time scale: give a number from 1 to {MOST_TIME_SCALE:g}"
        )
    return number


def start(settings: LocalCloudSettings) -> int:
    settings = process.start(settings, any_port=True)
    print(f"local cloud: listening on {settings.endpoint_url}, state in {settings.state_dir}")
    return 0


def stop(settings: LocalCloudSettings) -> int:
    stopped = process.stop(settings)
    print("local cloud: stopped; its state stays" if stopped else "local cloud: not running")
    return 0


def reset(settings: LocalCloudSettings) -> int:
    process.reset(settings)
    print(f"local cloud: stopped, {settings.state_dir} removed")
    return 0


def status(settings: LocalCloudSettings) -> int:
    found = process.running(settings.state_dir)
    if found is None:
        left = process.pid(settings.state_dir)
        if left is not None:
            print(
                f"local cloud: process {left} runs on {settings.state_dir}, and the start that "
                "could tell its address was killed: `python -m local_cloud stop`, then start it"
            )
            return 3
        print("local cloud: not running (`python -m local_cloud start`)")
        return 3
    pace = f", waits shortened to 1/{found.time_scale:g}" if found.time_scale > 1 else ""
    print(f"local cloud: {found.endpoint_url}, process {process.pid(found.state_dir)}{pace}")
    for line in overview(found):
        print(line)
    return 0


def logs(settings: LocalCloudSettings, name: str | None, lines: int) -> int:
    if name is not None:
        files = log_files.find(settings, name)
    elif settings.log_file.is_file():
        files = [settings.log_file]
    else:
        print(f"local cloud: no log at {settings.log_file}", file=sys.stderr)
        return 1
    for file in files:
        # On stderr: what goes on to another program is the log alone.
        print(f"==> {file}", file=sys.stderr, flush=True)
        print("\n".join(log_files.tail(file, lines)), flush=True)
    return 0


def env(settings: LocalCloudSettings) -> int:
    found = process.running(settings.state_dir)
    if found is None:
        print("local cloud: not running; these are the settings of a start", file=sys.stderr)
        found = settings
    # A profile of the user's own would take the place of the keys below.
    print("unset AWS_PROFILE AWS_DEFAULT_PROFILE")
    for name, value in client_environment(found).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
