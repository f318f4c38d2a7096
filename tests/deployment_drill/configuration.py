"""The configuration that the drills deploy: a copy of config/ with an environment of their own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from demo.configuration import CONFIG

ENVIRONMENT = "drill"
BASE = "iris-xgboost"
"""The workload that those of the drills extend."""


def write_configuration(
    folder: Path,
    *,
    serving: Mapping[str, Mapping[str, Any]],
    deployment: Mapping[str, Any],
    environment: str = ENVIRONMENT,
) -> Path:
    """Copy config/ and add an environment, which is `local` but for what is given.

    Args:
        serving: keys of `serving`, by workload; each workload extends `iris-xgboost`.
        deployment: keys of the environment's `deployment`.

    Returns:
        The folder, for the CDK's context `config`.
    """
    config = shutil.copytree(CONFIG, folder / "config")
    local = yaml.safe_load((config / "environments" / "local.yaml").read_text())
    local["workloads"] = list(serving)
    local["deployment"] |= deployment
    local["tags"]["environment"] = environment
    _write(config / "environments" / f"{environment}.yaml", local)
    for workload, keys in serving.items():
        content = {
            "extends": BASE,
            "description": f"Drills of deployments: {workload}",
            "serving": dict(keys),
        }
        _write(config / "workloads" / f"{workload}.yaml", content)
    return config


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False))
