"""What the demo reads of config/: which workloads there are, and how a workload wants its data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from demo.errors import DemoError

CONFIG = Path(__file__).resolve().parent.parent / "config"


def workloads_of(environment: str, config: Path = CONFIG) -> list[str]:
    """Names of an environment's workloads, in its file's order."""
    return list(_read(config / "environments" / f"{environment}.yaml").get("workloads") or ())


def check_workload(workload: str, environment: str, config: Path = CONFIG) -> None:
    """Raises DemoError, with what to do, where the environment has no such workload."""
    known = workloads_of(environment, config)
    if workload in known:
        return
    if (config / "workloads" / f"{workload}.yaml").is_file():
        raise DemoError(
            f"`{workload}` is not among the workloads of config/environments/{environment}.yaml "
            f"({', '.join(known)}): add it there"
        )
    raise DemoError(f"no workload `{workload}`; there are {', '.join(known)}")


def layout_of(workload: str, config: Path = CONFIG) -> str:
    """The layout of pictures that a workload's file, or one that it extends, asks for."""
    seen: set[str] = set()
    while workload not in seen:
        seen.add(workload)
        content = _read(config / "workloads" / f"{workload}.yaml")
        data = content.get("data") or {}
        if "layout" in data:
            return str(data["layout"])
        workload = content.get("extends", workload)
    return "folders"


def _read(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise DemoError(f"{file} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise DemoError(f"{file} holds no keys; config/environments/local.yaml shows what it needs")
    return content
