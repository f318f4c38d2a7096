"""The model server of a container image, whose log begins with what is not as on AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from local_cloud.sagemaker.hosting.server import ModelServer
from local_cloud.sagemaker.runner import isolation
from local_cloud.sagemaker.runner.images import Image
from local_cloud.settings import LocalCloudSettings


def server_of(
    image: Image,
    program: Sequence[str],
    environment: Mapping[str, str],
    *,
    ml: Path,
    log: Path,
    settings: LocalCloudSettings,
    name: str,
    whose: str,
) -> ModelServer:
    """Not started yet; ``program`` is the image's, ``environment`` comes over the image's own.
    ``whose`` it is, a server's or a job's, is for the log."""
    for text in (image.note, *isolation.note(whose)):
        if text:
            note(log, text)
    variables = {"PATH": image.search_path, **image.environment, **environment}
    return ModelServer(program, variables, ml, log, image=image, settings=settings, name=name)


def note(log: Path, text: str) -> None:
    """Say something in the place of the container."""
    with log.open("a") as file:
        file.write(f"[local cloud] {text}\n")
