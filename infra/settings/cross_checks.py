"""What one settings file alone cannot say: whether the code is there, and the images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from infra.settings.environment import EnvironmentSettings
from infra.settings.faults import Fault
from infra.settings.workload import WorkloadSettings

CODE_FILES = ("__init__.py", "train.py", "predictor.py", "inference.py")
"""What a workload's code folder must hold."""


def code_faults(workload: WorkloadSettings, root: Path, file: str) -> Iterator[Fault]:
    """Faults of a workload's code folder, which is sought in `root`."""
    folder = root / workload.code
    if not folder.is_dir():
        allowed = f"a folder with {', '.join(CODE_FILES)}"
        yield Fault(file, "code", "is no folder of this repository", allowed, workload.code)
        return
    missing = [name for name in CODE_FILES if not (folder / name).is_file()]
    if missing:
        problem = f"has no {', '.join(missing)}"
        yield Fault(file, "code", problem, f"a folder with {', '.join(CODE_FILES)}", workload.code)


def image_faults(
    workload: WorkloadSettings,
    environment: EnvironmentSettings,
    *,
    workload_file: str,
    environment_file: str,
) -> Iterator[Fault]:
    """Faults of what chooses the images of the jobs and of the endpoint."""
    # It imports this package for the instance types.
    from infra.pipeline.images import UnknownImageError, image_uri

    framework = workload.framework
    try:
        image_uri(
            framework=framework.name,
            version=framework.version,
            python=framework.python,
            scope="training",
            instance_type=workload.training.compute.instance_type,
            region=environment.region,
        )
    except UnknownImageError as error:
        allowed = ", ".join(error.known)
        if error.key == "region":
            problem = "has no images of AWS's frameworks"
            yield Fault(environment_file, "region", problem, allowed, error.value)
        else:
            yield Fault(
                workload_file, f"framework.{error.key}", "has no image", allowed, error.value
            )
