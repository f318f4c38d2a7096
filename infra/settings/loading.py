"""From the YAML files of ``config/`` to settings, or to one exception with every fault."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.settings.cross_checks import code_faults, image_faults
from infra.settings.environment import EnvironmentSettings
from infra.settings.faults import ConfigurationError, Fault
from infra.settings.name_faults import name_faults
from infra.settings.validation import unknown_key, validate
from infra.settings.workload import WorkloadSettings
from infra.settings.yaml_files import read_mapping

_STEPS_OF_INSTANCES = {
    "prepare": ("data", "compute", "instance_type"),
    "tune": ("tuning", "compute", "instance_type"),
    "train": ("training", "compute", "instance_type"),
    "evaluate": ("evaluation", "compute", "instance_type"),
    "transform": ("evaluation", "batch_transform", "instance_type"),
    "serve": ("serving", "instance_type"),
}


@dataclass(frozen=True)
class Settings:
    """One environment and the workloads that it deploys, in the order of its list."""

    environment: EnvironmentSettings
    workloads: tuple[WorkloadSettings, ...]


@dataclass(frozen=True)
class _Folder:
    """The YAML files of one folder, by name."""

    path: Path
    shown: str

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.path.glob("*.yaml"))

    def file(self, name: str) -> tuple[Path, str]:
        return self.path / f"{name}.yaml", f"{self.shown}/{name}.yaml"


def environment_names(config_dir: Path) -> list[str]:
    """The environments that have a file, in alphabetical order."""
    return _folder(config_dir, "environments").names()


def load_settings(config_dir: Path, environment: str) -> Settings:
    """Read one environment's file and the files of its workloads.

    Each workload is checked for every environment that its ``environments`` section names, so
    that a change which suits one does not break another unseen.

    Args:
        config_dir: the folder with ``environments/`` and ``workloads/``; the workloads' code
            folders are sought beside it.
        environment: name of a file in ``environments/``, without ``.yaml``.

    Raises:
        ConfigurationError: everything that is wrong, in all of these files together.
    """
    environments = _folder(config_dir, "environments")
    if environment not in environments.names():
        raise ConfigurationError([_unknown_environment(environments, environment)])
    path, shown = environments.file(environment)
    content, faults = read_mapping(path, shown)
    if content is None:
        raise ConfigurationError(faults)
    loaded = validate(EnvironmentSettings, {"name": environment, **content}, shown)
    # What is wrong with the instances is said of the environment's file, once.
    instances: dict[str, str] = {}
    if isinstance(loaded, list):
        faults += loaded
    else:
        instances = loaded.instances.model_dump(exclude_none=True)
    workloads = []
    faults += name_faults(environment, _listed(content), shown)
    for name in _listed(content):
        found, found_faults = _load_workload(config_dir, name, environment, instances, shown)
        faults += found_faults
        if found is not None:
            workloads.append(found)
            _, workload_file = _folder(config_dir, "workloads").file(name)
            faults += code_faults(found, config_dir.parent, workload_file)
            if isinstance(loaded, EnvironmentSettings):
                faults += image_faults(
                    found, loaded, workload_file=workload_file, environment_file=shown
                )
    if faults or isinstance(loaded, list):
        raise ConfigurationError(faults)
    return Settings(loaded, tuple(workloads))


def _folder(config_dir: Path, name: str) -> _Folder:
    return _Folder(config_dir / name, f"{config_dir.name}/{name}")


def _unknown_environment(folder: _Folder, environment: str) -> Fault:
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


def _load_workload(
    config_dir: Path,
    name: str,
    environment: str,
    instances: Mapping[str, str],
    environment_file: str,
) -> tuple[WorkloadSettings | None, list[Fault]]:
    folder = _folder(config_dir, "workloads")
    if name not in folder.names():
        fault = unknown_key(environment_file, "workloads", folder.names())
        near = difflib.get_close_matches(name, folder.names(), n=1)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        problem = f"names {name!r}, which has no file in {folder.shown}/{hint}"
        return None, [Fault(environment_file, "workloads", problem, fault.allowed)]
    path, shown = folder.file(name)
    content, faults = read_mapping(path, shown)
    if content is None:
        return None, faults
    base = {key: value for key, value in content.items() if key != "environments"}
    changes, change_faults = _changes(content, environment_names(config_dir), shown)
    faults += change_faults
    result: WorkloadSettings | None = None
    for each in dict.fromkeys((environment, *changes)):
        chosen = each == environment
        defaults = _instance_changes(instances) if chosen else {}
        change = changes.get(each, {})
        merged = _merged(_merged({"name": name, **base}, defaults), change)
        loaded = validate(WorkloadSettings, merged, shown)
        if isinstance(loaded, list):
            faults += [_relocated(fault, each, change) for fault in loaded]
        elif chosen:
            result = loaded
    return result, faults


def _changes(
    content: Mapping[str, Any], known: list[str], shown: str
) -> tuple[dict[str, dict[str, Any]], list[Fault]]:
    section = content.get("environments", {})
    if not isinstance(section, dict):
        allowed = "environment names, each with the keys that differ there"
        return {}, [Fault(shown, "environments", "is no mapping", allowed, section)]
    faults, changes = [], {}
    for name, change in section.items():
        if name not in known:
            faults.append(unknown_key(shown, f"environments.{name}", known))
        elif not isinstance(change, dict):
            allowed = "the keys that differ there"
            faults.append(Fault(shown, f"environments.{name}", "is no mapping", allowed, change))
        else:
            changes[name] = change
    return changes, faults


def _instance_changes(instances: Mapping[str, str]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for step, keys in _STEPS_OF_INSTANCES.items():
        if step in instances:
            nested: Any = instances[step]
            for key in reversed(keys):
                nested = {key: nested}
            changes = _merged(changes, nested)
    return changes


def _merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the keys of `change`: mappings merge, anything else is replaced.

    A mapping that says another `type` than the one it changes replaces it whole, since the keys
    of the one are wrong in the other.
    """
    result = dict(base)
    for key, value in change.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            other_type = "type" in value and value["type"] != old.get("type")
            result[key] = value if other_type else _merged(old, value)
        else:
            result[key] = value
    return result


def _relocated(fault: Fault, environment: str, change: Mapping[str, Any]) -> Fault:
    """The fault at the place in the file where the value really stands."""
    inside: Any = change
    for part in fault.key.split("."):
        if not isinstance(inside, dict) or part not in inside:
            return fault
        inside = inside[part]
    key = f"environments.{environment}.{fault.key}"
    return Fault(fault.file, key, fault.problem, fault.allowed, fault.value)
