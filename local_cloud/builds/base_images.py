"""What FROM can name: an image of AWS's that the local cloud knows, a general one, one's own."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local_cloud.builds.errors import BuildError
from local_cloud.builds.image_folder import ImageConfig

GENERAL = ("python", "ubuntu", "debian", "amazonlinux", "miniconda3", "micromamba", "scratch")
_PRIVATE = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
MACHINE = "this machine's Python"


@dataclass(frozen=True)
class Base:
    """``files`` is None where the base has no files here; ``note`` is for the build's log."""

    config: ImageConfig
    files: Path | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Bases:
    """``known`` says whether images.toml has an entry for an address; ``pull`` gives the folder
    of an image of this account's registry; ``logged_in`` answers for a registry's host."""

    own_registry: str
    known: Callable[[str], bool]
    pull: Callable[[str], Path]
    logged_in: Callable[[str], bool]

    def find(self, name: str, where: str) -> Base:
        """Raises BuildError."""
        host = name.split("/")[0]
        if _PRIVATE.fullmatch(host):
            if not self.logged_in(host):
                raise BuildError(
                    f"{where}: pull access denied for {name}: no basic auth credentials. Log in "
                    f"first: aws ecr get-login-password | docker login --username AWS "
                    f"--password-stdin {host}"
                )
            if host == self.own_registry:
                folder = self.pull(name)
                return Base(_copy(folder), folder / "root", f"{name}: an image of this registry")
            if self.known(name):
                note = f"{name}: its stand-in of the local cloud's images.toml"
                return Base(ImageConfig(base=name), note=note)
        elif _short(name) in GENERAL:
            return Base(
                ImageConfig(base=MACHINE),
                note=f"{name}: {MACHINE} ({platform.python_version()}) stands for it",
            )
        raise BuildError(
            f"{where}: the local cloud has nothing that stands for the base image {name}. It has "
            f"AWS's images of its images.toml, {', '.join(GENERAL)} and the images of "
            f"{self.own_registry}."
        )


def _short(name: str) -> str:
    return name.split("@")[0].rsplit("/", 1)[-1].split(":")[0]


def _copy(folder: Path) -> ImageConfig:
    return ImageConfig.from_json((folder / "config.json").read_text(encoding="utf-8"))
