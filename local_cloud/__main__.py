"""Command line: ``python -m local_cloud start|stop|status|logs|reset|env``."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from local_cloud import process
from local_cloud.environment import client_environment
from local_cloud.settings import DEFAULT_PORT, LocalCloudSettings

LOG_LINES = 200
TIME_SCALE_VARIABLE = "LOCAL_CLOUD_TIME_SCALE"
MOST_TIME_SCALE = 3600.0
KINDS = {
    "training-job": "TrainingJobStatus",
    "processing-job": "ProcessingJobStatus",
    "transform-job": "TransformJobStatus",
    "hyper-parameter-tuning-job": "HyperParameterTuningJobStatus",
    "pipeline-execution": "PipelineExecutionStatus",
    "endpoint": "EndpointStatus",
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
        return {
            "start": start,
            "stop": stop,
            "status": status,
            "logs": logs,
            "reset": reset,
            "env": env,
        }[arguments.command](settings)
    except process.LocalCloudError as error:
        print(f"local cloud: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("local cloud: interrupted", file=sys.stderr)
        return 130


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local_cloud", description=__doc__)
    parser.add_argument("command", choices=["start", "stop", "status", "logs", "reset", "env"])
    parser.add_argument("--state-dir", type=Path, default=Path(".local/cloud"))
    parser.add_argument("--port", type=port_number, default=DEFAULT_PORT)
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument(
        "--time-scale",
        type=time_scale,
        default=os.environ.get(TIME_SCALE_VARIABLE, "1"),
        metavar="N",
        help="where AWS waits, wait only the N-th part (default: $LOCAL_CLOUD_TIME_SCALE or 1)",
    )
    return parser.parse_args()


def port_number(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is no port: give a number from 1 to 65535")
    return number


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
    for kind, lines in resources(found).items():
        print(f"  {kind}")
        for line in lines:
            print(f"    {line}")
    return 0


def resources(settings: LocalCloudSettings) -> dict[str, list[str]]:
    """Kind -> one line a resource with its status, of the kinds that do work."""
    from local_cloud.sagemaker.store import Store

    store = Store(settings.database)
    try:
        return {
            kind: [
                f"{document.get(member, '')}  {_name(document, kind)}"
                for document in store.listed(kind)
            ]
            for kind, member in KINDS.items()
        }
    finally:
        store.close()


def logs(settings: LocalCloudSettings) -> int:
    if not settings.log_file.is_file():
        print(f"local cloud: no log at {settings.log_file}", file=sys.stderr)
        return 1
    lines = settings.log_file.read_text(errors="replace").splitlines()
    print("\n".join(lines[-LOG_LINES:]))
    print(f"(the last {LOG_LINES} lines of {settings.log_file})", file=sys.stderr)
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


def _name(document: Mapping[str, object], kind: str) -> str:
    for member in (
        "TrainingJobName",
        "ProcessingJobName",
        "TransformJobName",
        "HyperParameterTuningJobName",
    ):
        if member in document:
            return str(document[member])
    return str(
        document.get("PipelineExecutionArn") or document.get("EndpointName") or json.dumps(kind)
    )


if __name__ == "__main__":
    sys.exit(main())
