"""The folders that settings are read from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SettingsFolder:
    """The YAML files of one folder, by name.

    Attributes:
        shown: the folder's path, for people.
    """

    path: Path
    shown: str

    def names(self) -> list[str]:
        """Files' names without `.yaml`, in alphabetical order."""
        return sorted(path.stem for path in self.path.glob("*.yaml"))

    def file(self, name: str) -> tuple[Path, str]:
        """The path of a file, and how it is shown to people."""
        return self.path / f"{name}.yaml", f"{self.shown}/{name}.yaml"


def settings_folder(config_dir: Path, name: str) -> SettingsFolder:
    """A folder of `config_dir`: `environments` or `workloads`."""
    return SettingsFolder(config_dir / name, f"{config_dir.name}/{name}")
