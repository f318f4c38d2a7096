"""One workload's settings, from its file, those that it extends, and its environments' changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.settings.faults import Fault
from infra.settings.folders import SettingsFolder
from infra.settings.validation import unknown_key, validate
from infra.settings.workload import WorkloadSettings
from infra.settings.yaml_files import read_mapping

EXTENDS = "extends"
"""Key of a workload's file that names another one, whose keys hold where this file has none."""

_STEPS_OF_INSTANCES = {
    "prepare": ("data", "compute", "instance_type"),
    "tune": ("tuning", "compute", "instance_type"),
    "train": ("training", "compute", "instance_type"),
    "evaluate": ("evaluation", "compute", "instance_type"),
    "transform": ("evaluation", "batch_transform", "instance_type"),
    "serve": ("serving", "instance_type"),
}


@dataclass(frozen=True)
class WorkloadFile:
    """A workload's file and those that it extends, the extended ones last; never empty."""

    layers: tuple[_Layer, ...]

    @property
    def shown(self) -> str:
        """The file's path, for people."""
        return self.layers[0].shown

    def located(self, faults: Iterable[Fault]) -> list[Fault]:
        """The faults of this file, each in the file where its value stands."""
        return [
            _in_its_file(fault, self.layers) if fault.file == self.shown else fault
            for fault in faults
        ]


@dataclass(frozen=True)
class _Layer:
    """What one file says of a workload."""

    shown: str
    content: Mapping[str, Any]


def open_workload(folder: SettingsFolder, name: str) -> tuple[WorkloadFile | None, list[Fault]]:
    """A workload's file with what it extends, or None and why one of them cannot be read."""
    layers: list[_Layer] = []
    seen: list[str] = []
    while name:
        seen.append(name)
        path, shown = folder.file(name)
        content, faults = read_mapping(path, shown)
        if content is None:
            return None, faults
        extended = content.pop(EXTENDS, "")
        layers.append(_Layer(shown, content))
        others = [other for other in folder.names() if other not in seen]
        if extended and extended not in others:
            problem = "is in a circle" if extended in seen else "names no file beside this one"
            return None, [Fault(shown, EXTENDS, problem, ", ".join(others) or "none", extended)]
        name = extended
    return WorkloadFile(tuple(layers)), []


def load_workload(
    file: WorkloadFile,
    name: str,
    *,
    environment: str,
    environments: list[str],
    instances: Mapping[str, str],
) -> tuple[WorkloadSettings | None, list[Fault]]:
    """The settings that hold in an environment, and the faults of all environments' changes.

    Args:
        environments: the names that there are.
        instances: instance types by step, which the environment puts in place of the
            workload's.
    """
    content = _flat(file.layers)
    base = {key: value for key, value in content.items() if key != "environments"}
    changes, faults = _changes(content, environments, file.shown)
    result: WorkloadSettings | None = None
    for each in dict.fromkeys((environment, *changes)):
        chosen = each == environment
        defaults = _instance_changes(instances) if chosen else {}
        change = changes.get(each, {})
        merged = _merged(_merged({"name": name, **base}, defaults), change)
        loaded = validate(WorkloadSettings, merged, file.shown)
        if isinstance(loaded, list):
            faults += [_relocated(fault, each, change) for fault in loaded]
        elif chosen:
            result = loaded
    return result, file.located(faults)


def _flat(layers: Sequence[_Layer]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for layer in reversed(layers):
        content = _merged(content, layer.content)
    return content


def _in_its_file(fault: Fault, layers: Sequence[_Layer]) -> Fault:
    """The fault in the file where the value stands: a workload may be spread over several."""
    for layer in layers:
        if _holds(layer.content, fault.key):
            return Fault(layer.shown, fault.key, fault.problem, fault.allowed, fault.value)
    return fault


def _holds(content: Any, key: str) -> bool:
    for part in key.split("."):
        if not isinstance(content, dict) or part not in content:
            return False
        content = content[part]
    return True


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
