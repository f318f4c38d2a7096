"""What one settings file alone cannot say: whether the code, images and environments are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from contracts.serving import MAX_UPDATE_SECONDS
from infra.settings.environment import EnvironmentSettings
from infra.settings.faults import Fault
from infra.settings.workload import WorkloadSettings


def needed_files(workload: WorkloadSettings) -> dict[str, tuple[str, ...]]:
    """What each of the workload's folders must hold, by the key that names the folder."""
    files: dict[str, tuple[str, ...]] = {}
    if workload.code:
        script = ("train.py",) if workload.framework else ()
        files["code"] = ("__init__.py", *script, "predictor.py")
    if workload.image:
        files["image"] = ("Dockerfile",)
    return files


def code_faults(workload: WorkloadSettings, root: Path, file: str) -> Iterator[Fault]:
    """Faults of a workload's folders, which are sought in `root`."""
    for key, names in needed_files(workload).items():
        shown = getattr(workload, key)
        folder = root / shown
        allowed = f"a folder with {', '.join(names)}"
        if not folder.is_dir():
            yield Fault(file, key, "is no folder of this repository", allowed, shown)
            continue
        missing = [name for name in names if not (folder / name).is_file()]
        if missing:
            yield Fault(file, key, f"has no {', '.join(missing)}", allowed, shown)


def image_faults(
    workload: WorkloadSettings,
    environment: EnvironmentSettings,
    *,
    workload_file: str,
    environment_file: str,
) -> Iterator[Fault]:
    """Faults of what chooses the images of the jobs and of the endpoint."""
    # It imports this package for the instance types.
    from infra.pipeline.images import UnknownImageError
    from infra.pipeline.workload_images import aws_images

    try:
        aws_images(workload, environment.region)
    except UnknownImageError as error:
        allowed = ", ".join(error.known)
        if error.key == "region":
            problem = "has no images of AWS's frameworks"
            yield Fault(environment_file, "region", problem, allowed, error.value)
        else:
            section = "framework" if workload.framework else "algorithm"
            yield Fault(
                workload_file, f"{section}.{error.key}", "has no image", allowed, error.value
            )


def promotion_faults(
    environment: EnvironmentSettings, environments: Sequence[str], file: str
) -> Iterator[Fault]:
    """Faults of where an environment's model packages come from."""
    promotion = environment.promotion
    others = [name for name in environments if name != environment.name]
    if promotion is None or promotion.source in others:
        return
    itself = promotion.source == environment.name
    problem = "is this environment itself" if itself else "is no environment"
    yield Fault(file, "promotion.from", problem, ", ".join(others), promotion.source)


def rollout_faults(
    workload: WorkloadSettings, environment: EnvironmentSettings, file: str
) -> Iterator[Fault]:
    """Faults of an update that would wait longer than SageMaker lets one take."""
    rollout = workload.serving.rollout.contract
    if not workload.serving.has_instances or rollout.strategy == "all-at-once":
        return
    waits = rollout.waiting_seconds(environment.deployment.bake_seconds)
    timeout = environment.deployment.timeout_minutes * 60
    if waits + timeout > MAX_UPDATE_SECONDS:
        yield Fault(
            file,
            "serving.rollout.step_wait_seconds",
            f"makes an update wait {waits} seconds in all with deployment.bake_seconds, and "
            f"deployment.timeout_minutes adds {timeout}",
            f"{MAX_UPDATE_SECONDS} seconds together, which SageMaker lets an update take; larger "
            "steps are fewer",
            rollout.step_wait_seconds,
        )
