"""`python -m pretrained_weights`: fetch pretrained weights once, and put them into S3.

Run it on a machine with internet and with the framework installed. Training jobs of a workload
with ``training.pretrained_weights: true`` have what it puts there as their channel `weights`.

    python -m pretrained_weights --env dev --workload birds-tensorflow --network mobilenet-v2-1.0
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from pretrained_weights.networks import NETWORKS, FetchError

STACK = "Rookery-{environment}-foundation"
OUTPUT = "ArtifactBucketName"


class UploadError(Exception):
    """Why the weights are not in S3; the text says what to do."""


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = argparse.ArgumentParser(prog="python -m pretrained_weights", description=__doc__)
    made.formatter_class = argparse.RawDescriptionHelpFormatter
    made.add_argument("--env", required=True, help="environment, such as dev")
    made.add_argument("--workload", required=True, help="such as birds-tensorflow")
    made.add_argument("--network", required=True, choices=sorted(NETWORKS), help="which weights")
    made.add_argument("--bucket", help="artifact bucket; found by the foundation stack unless told")
    return made


def artifact_bucket(cloudformation: Any, environment: str) -> str:
    """The artifact bucket of a deployed environment. Raises UploadError."""
    stack = STACK.format(environment=environment)
    try:
        (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except (ClientError, BotoCoreError) as error:
        raise UploadError(f"stack {stack}: {error}; deploy it first, or give --bucket") from error
    for output in described.get("Outputs", []):
        if output["OutputKey"] == OUTPUT:
            return str(output["OutputValue"])
    raise UploadError(f"stack {stack} has no output {OUTPUT}; give --bucket")


def put(s3: Any, file: Path, bucket: str, workload: str) -> str:
    """Upload a file of weights; answer its S3 URI. Raises UploadError."""
    key = f"{workload}/weights/{file.name}"
    try:
        s3.upload_file(str(file), bucket, key)
    except (ClientError, BotoCoreError, boto3.exceptions.S3UploadFailedError) as error:
        raise UploadError(f"s3://{bucket}/{key}: {error}") from error
    return f"s3://{bucket}/{key}"


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status."""
    given = parser().parse_args(argv)
    try:
        bucket = given.bucket or artifact_bucket(boto3.client("cloudformation"), given.env)
        with tempfile.TemporaryDirectory() as folder:
            file = NETWORKS[given.network](Path(folder))
            print(f"fetched {file.name}, {file.stat().st_size / 1e6:.1f} MB", flush=True)
            print(f"put {put(boto3.client('s3'), file, bucket, given.workload)}", flush=True)
    except (FetchError, UploadError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
