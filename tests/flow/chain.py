"""What the flow tests do to a deployed environment, and what they read back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image
from sklearn.datasets import load_digits

from contracts import names
from demo.cloud import Cloud
from demo.follow import wait_for_deployment, wait_for_run
from demo.upload import upload_folder

WORKLOAD = "cifar-tensorflow"
ENVIRONMENT = "local"
GIT_COMMIT = "0123456789abcdef0123456789abcdef01234567"
PICTURES_A_CLASS = 60


def write_small_digits(folder: Path) -> None:
    """Sixty scanned digits a class; some names hold spaces and letters beyond ASCII."""
    digits = load_digits()
    for digit in range(10):
        (folder / str(digit)).mkdir(parents=True)
        chosen = digits.images[digits.target == digit]
        for number, image in enumerate(chosen[:PICTURES_A_CLASS]):
            name = f"scan {number} é.png" if number % 10 == 0 else f"scan-{number}.png"
            grey = Image.fromarray((image * 15.9).astype("uint8"))
            grey.resize((32, 32)).convert("RGB").save(folder / str(digit) / name)


def upload(cloud: Cloud, outputs: dict[str, str], folder: Path) -> datetime:
    upload_folder(
        cloud.client("s3"),
        folder,
        bucket=outputs["DataBucketName"],
        prefix=names.upload_prefix(WORKLOAD),
        progress=lambda done, total: None,
    )
    return datetime.now(UTC)


def run_after(cloud: Cloud, started: datetime) -> str:
    return wait_for_run(
        cloud.client("sagemaker"),
        pipeline=names.pipeline_name(ENVIRONMENT, WORKLOAD),
        since=started,
        explain=lambda: cloud.settings.log_file.read_text()[-4000:],
    )


def await_deployment(cloud: Cloud, package_arn: str, since: datetime) -> None:
    """Until the package's deployment has ended well. Raises DemoError with its cause."""
    settings = cloud.settings
    name = names.deployment_state_machine_name(ENVIRONMENT, WORKLOAD)
    wait_for_deployment(
        cloud.client("stepfunctions"),
        state_machine_arn=f"arn:aws:states:{settings.region}:{settings.account_id}:stateMachine:{name}",
        package_arn=package_arn,
        since=since,
        say=print,
        explain=lambda: settings.log_file.read_text()[-4000:],
    )


def read_json(cloud: Cloud, uri: str) -> Any:
    location = urlsplit(uri)
    answer = cloud.client("s3").get_object(Bucket=location.netloc, Key=location.path.lstrip("/"))
    return json.loads(answer["Body"].read())
