"""The environment of a build's commands: CodeBuild's variables, the role's keys, the stand-ins."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from local_cloud.builds.buildspec import Buildspec
from local_cloud.builds.project import BuildPlan
from local_cloud.builds.record import Record
from local_cloud.builds.workplace import VARIABLE, Workplace
from local_cloud.settings import LocalCloudSettings

SOURCE_ROOT = Path(__file__).resolve().parents[2]
"""The folder that ``local_cloud`` is imported from."""
_PROGRAM = """#!/bin/sh
# A STAND-IN of the local cloud for `{name}`, for builds: {module}
PYTHONPATH={root} exec {python} -P -m {module} "$@"
"""
_STAND_INS = {
    "docker": "local_cloud.builds.stand_in_docker",
    "aws": "local_cloud.builds.stand_in_aws",
}


def make(
    settings: LocalCloudSettings,
    plan: BuildPlan,
    record: Record,
    spec: Buildspec,
    keys: dict[str, str],
    place: Workplace,
) -> dict[str, str]:
    """Nothing of the local cloud's own environment but the search path.

    The project's variables are stronger than the buildspec's, as in CodeBuild.
    """
    folder = Path(place.folder)
    programs = _write_stand_ins(folder / "bin")
    search = [str(programs), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    scratch = str(folder / "scratch")
    return {
        "PATH": os.pathsep.join(search),
        "HOME": scratch,
        "TMPDIR": scratch,
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        **_codebuild(settings, plan, record, folder),
        **spec.variables,
        **plan.variables,
        **keys,
        VARIABLE: place.as_json(),
    }


def _codebuild(
    settings: LocalCloudSettings, plan: BuildPlan, record: Record, folder: Path
) -> dict[str, str]:
    """ "Environment variables in build environments" in the CodeBuild user guide."""
    logs = record["logs"]
    variables = {
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        "CODEBUILD_BUILD_ARN": record["arn"],
        "CODEBUILD_BUILD_ID": record["id"],
        "CODEBUILD_BUILD_NUMBER": str(record["buildNumber"]),
        "CODEBUILD_BUILD_IMAGE": str(plan.environment.get("image", "")),
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "CODEBUILD_INITIATOR": record["initiator"],
        "CODEBUILD_KMS_KEY_ID": record["encryptionKey"],
        "CODEBUILD_LOG_PATH": logs["streamName"],
        "CODEBUILD_SRC_DIR": str(folder / "src"),
        "CODEBUILD_START_TIME": str(round(record["startTime"] * 1000)),
        "CODEBUILD_SOURCE_VERSION": plan.source_version,
        "CODEBUILD_SOURCE_REPO_URL": plan.source_location,
    }
    return {name: value for name, value in variables.items() if value}


def _write_stand_ins(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name, module in _STAND_INS.items():
        text = _PROGRAM.format(
            name=name,
            module=module,
            root=shlex.quote(str(SOURCE_ROOT)),
            python=shlex.quote(sys.executable),
        )
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder
