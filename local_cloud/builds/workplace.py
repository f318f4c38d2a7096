"""What a build's stand-in programs know: of which local cloud they are, and what `docker` keeps.

The build's process hands it to them in the environment variable :data:`VARIABLE`.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local_cloud.settings import LocalCloudSettings

VARIABLE = "LOCAL_CLOUD_BUILD"
STAND_IN = "docker (stand-in of the local cloud)"


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """``folder`` is the build's own; images and logins in it end with the build."""

    state_dir: str
    account_id: str
    region: str
    folder: str
    privileged: bool

    @staticmethod
    def of_environment() -> Workplace:
        return Workplace(**json.loads(os.environ[VARIABLE]))

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    @property
    def settings(self) -> LocalCloudSettings:
        return LocalCloudSettings(
            state_dir=Path(self.state_dir), account_id=self.account_id, region=self.region
        )

    @property
    def registry(self) -> str:
        return self.settings.registry

    @property
    def docker(self) -> Path:
        return Path(self.folder) / "docker"

    def image(self, tag: str) -> Path | None:
        """The folder of an image that this build tagged."""
        digest = self._read("tags.json").get(full_name(tag))
        return None if digest is None else self.docker / "images" / str(digest)

    def tag(self, tag: str, folder: Path) -> None:
        self._write("tags.json", {**self._read("tags.json"), full_name(tag): folder.name})

    def tags(self) -> list[str]:
        return sorted(self._read("tags.json"))

    def logged_in(self, host: str) -> bool:
        return host in self._read("logins.json")

    def log_in(self, host: str) -> None:
        self._write("logins.json", {**self._read("logins.json"), host: True})

    def log_out(self, host: str) -> None:
        logins = self._read("logins.json")
        logins.pop(host, None)
        self._write("logins.json", logins)

    def _read(self, name: str) -> dict[str, Any]:
        file = self.docker / name
        content: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
        return content

    def _write(self, name: str, content: dict[str, Any]) -> None:
        self.docker.mkdir(parents=True, exist_ok=True)
        (self.docker / name).write_text(json.dumps(content))


def full_name(tag: str) -> str:
    """A name without a tag means ``latest``."""
    last = tag.rsplit("/", 1)[-1]
    return tag if ":" in last or "@" in last else f"{tag}:latest"
