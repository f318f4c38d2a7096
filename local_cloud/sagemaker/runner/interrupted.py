"""The jobs that the end of the local cloud interrupted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from local_cloud.sagemaker.service import SageMakerService

UNDER_WAY = ("InProgress", "Stopping")


def interrupted(service: SageMakerService, kind: str, member: str) -> Iterator[tuple[str, bool]]:
    """Of each such job its name, and whether it was asked to stop; ``member`` is what its name
    and status are called after (`TrainingJob`).

    What was half written in its folder is gone then; all else stays, for whoever looks at it.
    """
    for document in service.store.listed(kind):
        status = document[f"{member}Status"]
        if status in UNDER_WAY:
            name = str(document[f"{member}Name"])
            discard_half_written(service.settings.jobs_dir / f"{kind}-{name}")
            yield name, status == "Stopping"


def discard_half_written(folder: Path) -> None:
    """Archives on their way to S3, and models on their way from there, in a job's folder and in
    those of its hosts."""
    archives = [*folder.glob("*.tar.gz"), *folder.glob("algo-*/*.tar.gz")]
    for archive in archives:
        archive.unlink()
    for models in [*folder.glob("ml"), *folder.glob("algo-*/ml")]:
        for partial in models.glob("*.partial"):
            shutil.rmtree(partial, ignore_errors=True)
        with suppress(OSError):
            # Where none is on its way there, a job may have a folder of that name.
            (models / "model-data").unlink()
