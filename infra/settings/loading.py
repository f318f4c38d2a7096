"""From the YAML files of ``config/`` to settings, or to one exception with every fault."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.settings.cross_checks import code_faults, image_faults, promotion_faults, rollout_faults
from infra.settings.environment import EnvironmentSettings
from infra.settings.faults import ConfigurationError, Fault
from infra.settings.folders import SettingsFolder, settings_folder
from infra.settings.name_faults import name_faults
from infra.settings.promotion import PromotionPath, promotion_path
from infra.settings.validation import unknown_key, validate
from infra.settings.workload import WorkloadSettings
from infra.settings.workload_files import load_workload, open_workload
from infra.settings.yaml_files import read_mapping


@dataclass(frozen=True)
class Settings:
    """One environment and the workloads that it deploys, in the order of its list.

    Attributes:
        promotion: the environments that model packages come from, and go to.
    """

    environment: EnvironmentSettings
    workloads: tuple[WorkloadSettings, ...]
    promotion: PromotionPath = field(default_factory=PromotionPath)


def environment_names(config_dir: Path) -> list[str]:
    """The environments that have a file, in alphabetical order."""
    return settings_folder(config_dir, "environments").names()


def load_settings(
    config_dir: Path,
    environment: str,
    *,
    only: Sequence[str] | None = None,
    code: Path | None = None,
) -> Settings:
    """Read one environment's file and the files of its workloads.

    Each workload is checked for every environment that its ``environments`` section names, so
    that a change which suits one does not break another unseen.

    Args:
        config_dir: the folder with ``environments/`` and ``workloads/``.
        environment: name of a file in ``environments/``, without ``.yaml``.
        only: the workloads to load, of those that the environment lists; all unless given.
        code: the folder that the workloads' code folders are sought in; the one that
            ``config_dir`` lies in unless given.

    Raises:
        ConfigurationError: everything that is wrong, in all of these files together.
    """
    environments = settings_folder(config_dir, "environments")
    if environment not in environments.names():
        raise ConfigurationError([_unknown_environment(environments, environment)])
    path, shown = environments.file(environment)
    content, faults = read_mapping(path, shown)
    if content is None:
        raise ConfigurationError(faults)
    loaded = validate(EnvironmentSettings, {"name": environment, **content}, shown)
    if isinstance(loaded, list):
        faults += loaded
    else:
        faults += promotion_faults(loaded, environments.names(), shown)
        promotion, promotion_path_faults = promotion_path(loaded, environments)
        faults += promotion_path_faults
    chosen, choice_faults = _chosen(_listed(content), only, shown)
    faults += name_faults(environment, _listed(content), shown) + choice_faults
    workloads = []
    for name in chosen:
        found, found_faults = _load_workload(
            config_dir,
            name,
            environment_name=environment,
            environment=None if isinstance(loaded, list) else loaded,
            environment_file=shown,
            code=code or config_dir.parent,
        )
        faults += found_faults
        if found is not None:
            workloads.append(found)
    if faults or isinstance(loaded, list):
        # What two workloads take from one file is told once.
        raise ConfigurationError(list({str(fault): fault for fault in faults}.values()))
    return Settings(loaded, tuple(workloads), promotion)


def _chosen(
    listed: list[str], only: Sequence[str] | None, shown: str
) -> tuple[list[str], list[Fault]]:
    if only is None:
        return listed, []
    faults = [
        Fault(shown, "workloads", f"has no {name!r}, which was asked for", ", ".join(listed))
        for name in only
        if name not in listed
    ]
    return [name for name in listed if name in only], faults


def _load_workload(
    config_dir: Path,
    name: str,
    *,
    environment_name: str,
    environment: EnvironmentSettings | None,
    environment_file: str,
    code: Path,
) -> tuple[WorkloadSettings | None, list[Fault]]:
    folder = settings_folder(config_dir, "workloads")
    if name not in folder.names():
        return None, [_unknown_workload(folder, name, environment_file)]
    file, faults = open_workload(folder, name)
    if file is None:
        return None, faults
    # What is wrong with the instances is said of the environment's file, once.
    instances = environment.instances.model_dump(exclude_none=True) if environment else {}
    found, faults = load_workload(
        file,
        name,
        environment=environment_name,
        environments=environment_names(config_dir),
        instances=instances,
    )
    if found is not None:
        faults += file.located(code_faults(found, code, file.shown))
    if found is not None and environment is not None:
        found_faults = image_faults(
            found, environment, workload_file=file.shown, environment_file=environment_file
        )
        faults += file.located(found_faults)
        faults += file.located(rollout_faults(found, environment, file.shown))
    return found, faults


def _unknown_workload(folder: SettingsFolder, name: str, environment_file: str) -> Fault:
    fault = unknown_key(environment_file, "workloads", folder.names())
    near = difflib.get_close_matches(name, folder.names(), n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    problem = f"names {name!r}, which has no file in {folder.shown}/{hint}"
    return Fault(environment_file, "workloads", problem, fault.allowed)


def _unknown_environment(folder: SettingsFolder, environment: str) -> Fault:
    names = folder.names()
    near = difflib.get_close_matches(environment, names, n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    listed = ", ".join(names) or f"none yet: add a file to {folder.shown}/"
    return Fault(folder.shown, "", f"has no environment {environment!r}{hint}", listed)


def _listed(environment: Mapping[str, Any]) -> list[str]:
    """The workload names of an environment that may itself be at fault elsewhere."""
    names = environment.get("workloads")
    if not isinstance(names, list):
        return []
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))
