"""Brings a model's files from S3 into the folder that stands for /opt/ml/model."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path
from typing import Any

from local_cloud.containers.archives import extract
from local_cloud.sagemaker.hosting.plan import ModelData
from local_cloud.sagemaker.runner import objects, places, sources


class ModelDataError(Exception):
    """The model's files cannot be had; the message is for the endpoint's FailureReason."""


def fetch(s3: Any, data: ModelData, folder: Path) -> None:
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
            _unpack(archive, partial, data["uri"])
            archive.unlink()
        else:
            sources.download_prefix(s3, source, partial)
    except objects.DataError as error:
        raise ModelDataError(f"Failed to download model data: {error}") from error
    partial.rename(folder)


def _unpack(archive: Path, folder: Path, uri: str) -> None:
    try:
        with tarfile.open(archive, "r:*") as tar:
            extract(tar, folder)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ModelDataError(
            f"Failed to extract model data archive {uri}: {error}. It must be a tar or tar.gz "
            "whose members stay inside the model's folder."
        ) from error
