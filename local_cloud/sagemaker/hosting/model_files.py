"""Brings a model's files from S3 into the folder that stands for /opt/ml/model."""

from __future__ import annotations

import shutil
import tarfile
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from local_cloud.containers.archives import extract
from local_cloud.sagemaker.hosting.plan import ModelData
from local_cloud.sagemaker.runner import objects, places, sources

FIRST = "container_1"
"""How SageMaker calls a model's first container where it speaks of its data."""


class ModelDataError(Exception):
    """The model's files cannot be had; the message is SageMaker's, and the cause."""


def fetch_within(
    seconds: float, s3: Any, data: ModelData, folder: Path, *, container: str = FIRST
) -> None:
    """As :func:`fetch`, given up after so many seconds."""
    done: Future[None] = Future()

    def work() -> None:
        try:
            fetch(s3, data, folder, container=container)
            done.set_result(None)
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=work, name=f"download {data['uri']}", daemon=True).start()
    try:
        done.result(seconds)
    except TimeoutError as error:
        late = f"it was not there within {seconds:g} seconds (ModelDataDownloadTimeoutInSeconds)"
        raise _not_downloaded(data, container, late) from error


def fetch(s3: Any, data: ModelData, folder: Path, *, container: str = FIRST) -> None:
    """Download and unpack into ``folder``, which is whole or absent afterwards.

    Does nothing where it is there from before a restart. Raises ModelDataError.
    """
    if folder.is_dir():
        return
    # A folder without the final name is what an interrupted attempt left.
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    source = places.parse(data["uri"])
    try:
        if data["archive"]:
            archive = partial.with_name("model-data")
            objects.download_object(s3, source, archive)
            _unpack(archive, partial, data["uri"], container)
            archive.unlink()
        elif data.get("single"):
            objects.download_object(s3, source, partial / source.key.rpartition("/")[2])
        else:
            sources.download_prefix(s3, source, partial)
    except objects.DataError as error:
        raise _not_downloaded(data, container, str(error)) from error
    partial.rename(folder)


def _not_downloaded(data: ModelData, container: str, cause: str) -> ModelDataError:
    return ModelDataError(
        f'Failed to download model data for container "{container}" from URL: "{data["uri"]}". '
        "Please ensure that there is an object located at the URL and that the role passed to "
        f"CreateModel has permissions to download the object. Cause: {cause}"
    )


def _unpack(archive: Path, folder: Path, uri: str, container: str) -> None:
    try:
        with tarfile.open(archive, "r:*") as tar:
            extract(tar, folder)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ModelDataError(
            f'Failed to extract model data archive for container "{container}" from URL "{uri}". '
            "Please ensure that the object located at the URL is a valid tar.gz archive, whose "
            f"members stay inside the model's folder. Cause: {error}"
        ) from error
