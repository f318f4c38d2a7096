"""An image that a build pushed to ECR: what SageMaker runs of it, and with which variables.

"How Amazon SageMaker Runs Your Training Image" and "... Your Inference Image" in the SageMaker
developer guide: `docker run <image> train` and `docker run <image> serve`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local_cloud.builds import copying, image_folder, registry
from local_cloud.builds.image_folder import ImageConfig
from local_cloud.builds.registry import ImageName
from local_cloud.json_api.errors import ValidationException
from local_cloud.settings import LocalCloudSettings

BASE_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
CHANGE_FOLDER = ("/bin/sh", "-c", 'cd "$0" && exec "$@"')


def pull(settings: LocalCloudSettings, uri: str, name: ImageName, session: Any) -> Path:
    """The image's folder, by ECR's answer to the caller. Raises ValidationException as AWS."""
    try:
        return registry.pull(session.client("ecr"), name, settings.images_dir)
    except LookupError as error:
        raise ValidationException(f"Requested image {uri} not found. ({error})") from error
    except ClientError as error:
        details = error.response["Error"]
        raise ValidationException(
            f"Cannot find repository: {name.repository} in registry ID: {settings.account_id} "
            "Please check if your ECR repository exists and the execution role has proper pull "
            "permissions for SageMaker: ecr:BatchCheckLayerAvailability, ecr:BatchGetImage, "
            f"ecr:GetDownloadUrlForLayer ({details['Code']}: {details.get('Message', '')})"
        ) from error


def program(
    config: ImageConfig, root: Path, word: str, base: Sequence[str] | None
) -> list[str] | None:
    """The argv of `docker run <image> <word>`: the image's ENTRYPOINT with the word, else an
    executable of that name on the image's PATH, else the base image's; None where there is none.
    """
    if config.entrypoint:
        return [*config.entrypoint, word]
    own = executable(config, root, word)
    if own is not None:
        return [own]
    return None if base is None else list(base)


def executable(config: ImageConfig, root: Path, word: str) -> str | None:
    """The path in the image of one of its own executables on its PATH."""
    for folder in [*config.path, *BASE_PATH]:
        path = f"{folder.rstrip('/')}/{word}"
        place = copying.inside(root, path)
        if place.is_file() and os.access(place, os.X_OK):
            return path
    return None


def in_workdir(config: ImageConfig, argv: Sequence[str]) -> list[str]:
    """The command in the image's WORKDIR; without one in the job's scratch folder."""
    return [*CHANGE_FOLDER, config.workdir, *argv] if config.workdir else list(argv)


def environment(config: ImageConfig, python: Path) -> dict[str, str]:
    """The image's variables; its own folders come before the environment's programs on PATH."""
    machine = [str(python.parent), *os.environ.get("PATH", os.defpath).split(os.pathsep)]
    return {**config.environment, "PATH": os.pathsep.join([*config.path, *machine])}


def read(folder: Path) -> tuple[ImageConfig, Path]:
    """An image's configuration and its files."""
    return image_folder.read(folder), folder / image_folder.ROOT


Session = Callable[[], Any]
"""Gives the session of the role that pulls."""
