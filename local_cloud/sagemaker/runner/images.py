"""From an image URI to the programs that stand for the image on this machine."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from local_cloud.sagemaker.errors import ValidationException
from local_cloud.sagemaker.runner import python_environments
from local_cloud.settings import LocalCloudSettings

CONTAINERS = Path(__file__).resolve().parents[2] / "containers"
TABLE = CONTAINERS / "images.toml"
SOURCE_ROOT = CONTAINERS.parents[1]
"""The folder that ``local_cloud`` is imported from."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """What stands for a container image.

    ``train`` and ``serve`` are the argv of the image's programs, None where it has none;
    ``python`` is the interpreter that the image's ``python`` means.
    """

    uri: str
    python: Path
    train: list[str] | None = None
    serve: list[str] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    note: str = ""


def resolve(settings: LocalCloudSettings, image_uri: str) -> Image:
    """The image's stand-in; may take minutes where its Python environment is not made yet.

    Raises ValidationException where the tables have no entry for it.
    """
    entry = find(settings, image_uri)
    python = python_environments.interpreter(settings, entry.get("packages", []))
    return Image(
        uri=image_uri,
        python=python,
        train=_argv(entry.get("train"), python),
        serve=_argv(entry.get("serve"), python),
        environment={"PYTHONPATH": str(SOURCE_ROOT), **entry.get("environment", {})},
        note=entry.get("note", ""),
    )


def find(settings: LocalCloudSettings, image_uri: str) -> dict[str, Any]:
    """The table's entry for an image, at once. Raises ValidationException."""
    repository, _, tag = image_uri.split("@")[0].rsplit("/", 1)[-1].partition(":")
    own_table = settings.state_dir / "images.toml"
    for entry in [*_own_entries(own_table), *_entries(TABLE)]:
        if fnmatchcase(repository, entry["repository"]) and fnmatchcase(tag, entry["tag"]):
            return entry
    known = sorted({f"{entry['repository']}:{entry['tag']}" for entry in _entries(TABLE)})
    raise ValidationException(
        f"The local cloud has nothing that stands for the image {image_uri}. "
        f"It knows {', '.join(known)}. Add an entry to {own_table}; {TABLE.name} of "
        "local_cloud/containers describes the form."
    )


def _own_entries(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    try:
        entries: list[dict[str, Any]] = tomllib.loads(path.read_text())["image"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise ValidationException(f"{path} is not a table of images: {error}") from error
    for number, entry in enumerate(entries, start=1):
        missing = {"repository", "tag"} - entry.keys()
        if missing:
            raise ValidationException(f"{path}, image {number}: {sorted(missing)} missing")
    return entries


@cache
def _entries(path: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = tomllib.loads(path.read_text())["image"]
    return entries


def _argv(words: list[str] | None, python: Path) -> list[str] | None:
    if words is None:
        return None
    places = {"{python}": str(python), "{containers}": str(CONTAINERS)}
    argv = []
    for word in words:
        for place, value in places.items():
            word = word.replace(place, value)
        argv.append(word)
    return argv
