"""From an image URI to the programs that stand for the image on this machine."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from local_cloud.builds import registry
from local_cloud.builds.base_images import MACHINE
from local_cloud.builds.image_folder import ImageConfig
from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.runner import own_images, python_environments
from local_cloud.settings import LocalCloudSettings

CONTAINERS = Path(__file__).resolve().parents[2] / "containers"
TABLE = CONTAINERS / "images.toml"
SOURCE_ROOT = CONTAINERS.parents[1]
"""The folder that ``local_cloud`` is imported from."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """What stands for a container image.

    ``train`` and ``serve`` are the whole argv of `docker run <image> train` and `... serve`, None
    where the image has no such program; ``python`` is the interpreter that the image's ``python``
    means. ``files`` is the folder of the files of an image of one's own, and ``config`` what its
    Dockerfile says.
    """

    uri: str
    python: Path
    train: list[str] | None = None
    serve: list[str] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    note: str = ""
    files: Path | None = None
    config: ImageConfig | None = None

    @property
    def shown(self) -> tuple[Path, ...]:
        """What its programs need of this machine wherever it lies: its Python environment, and
        the files that the tables name (a request's own arguments are no reason to show a file).
        """
        words = [Path(word) for argv in (self.train, self.serve) for word in argv or ()]
        named = (word for word in words if word.is_absolute() and self.files is None)
        return (self.python.parent.parent, *named)

    @property
    def search_path(self) -> str:
        """PATH of its programs: its Python environment before this machine's."""
        return f"{self.python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"

    def command(
        self, entrypoint: Sequence[str] | None, arguments: Sequence[str] | None
    ) -> list[str] | None:
        """The argv where a request names both or one of them, by Docker's rules; None where
        neither the request nor the image has a program."""
        config = self.config or ImageConfig(base=self.uri)
        if entrypoint:
            argv = [*entrypoint, *(arguments or [])]
        else:
            own = config.command if arguments is None else arguments
            argv = [*(config.entrypoint or []), *(own or [])]
        return own_images.in_workdir(config, argv) if argv else None

    def training_command(self, algorithm: Mapping[str, Any]) -> list[str] | None:
        """The argv of a training job with this AlgorithmSpecification."""
        entrypoint = algorithm.get("ContainerEntrypoint")
        arguments = algorithm.get("ContainerArguments")
        if entrypoint or arguments:
            return self.command(entrypoint, arguments)
        return self.train


def resolve(
    settings: LocalCloudSettings, image_uri: str, session: own_images.Session | None = None
) -> Image:
    """The image's stand-in; may take minutes where its Python environment is not made yet.

    ``session()`` gives the session of the role that pulls an image of one's own. Raises
    ValidationException where neither the tables nor ECR have it.
    """
    entry = find(settings, image_uri)
    name = _own_name(settings, image_uri, entry)
    if name is not None:
        if session is None:
            raise ValidationException(f"No role can pull the image {image_uri} here.")
        return _own_image(
            settings, image_uri, own_images.pull(settings, image_uri, name, session())
        )
    python = python_environments.interpreter(
        settings, entry.get("packages", []), requirements=entry.get("requirements")
    )
    return Image(
        uri=image_uri,
        python=python,
        train=_with_word(_argv(entry.get("train"), python)),
        serve=_argv(entry.get("serve"), python),
        environment={"PYTHONPATH": str(SOURCE_ROOT), **entry.get("environment", {})},
        note=entry.get("note", ""),
    )


def find(settings: LocalCloudSettings, image_uri: str) -> dict[str, Any]:
    """The table's entry for an image, at once. Raises ValidationException.

    An image of this account's registry that is in no table of the user's has an entry too:
    whether ECR has it is seen when it is pulled.
    """
    name = registry.name_of(image_uri, settings.registry)
    if name is None or _user_entry(settings, image_uri) is not None:
        return table_entry(settings, image_uri)
    return {"repository": name.repository, "tag": name.tag, "serve": [], "own": True}


def check(settings: LocalCloudSettings, image_uri: str, session: own_images.Session) -> None:
    """Whether an image of one's own is there, for the role of the session. Raises
    ValidationException."""
    name = _own_name(settings, image_uri, find(settings, image_uri))
    if name is not None:
        own_images.pull(settings, image_uri, name, session())


def table_entry(settings: LocalCloudSettings, image_uri: str) -> dict[str, Any]:
    """As :func:`find`, in the tables alone."""
    found = _user_entry(settings, image_uri) or _match(_entries(TABLE), image_uri)
    if found is not None:
        return found
    known = sorted({f"{entry['repository']}:{entry['tag']}" for entry in _entries(TABLE)})
    raise ValidationException(
        f"The local cloud has nothing that stands for the image {image_uri}. It knows "
        f"{', '.join(known)} and the images that builds pushed to {settings.registry}. Add an "
        f"entry to {settings.state_dir / 'images.toml'}; {TABLE.name} of local_cloud/containers "
        "describes the form."
    )


def _user_entry(settings: LocalCloudSettings, image_uri: str) -> dict[str, Any] | None:
    return _match(_own_entries(settings.state_dir / "images.toml"), image_uri)


def _match(entries: Sequence[dict[str, Any]], image_uri: str) -> dict[str, Any] | None:
    repository, _, tag = image_uri.split("@")[0].rsplit("/", 1)[-1].partition(":")
    for entry in entries:
        if fnmatchcase(repository, entry["repository"]) and fnmatchcase(tag, entry["tag"]):
            return entry
    return None


def _own_name(
    settings: LocalCloudSettings, image_uri: str, entry: Mapping[str, Any]
) -> registry.ImageName | None:
    return registry.name_of(image_uri, settings.registry) if entry.get("own") else None


def _own_image(settings: LocalCloudSettings, uri: str, folder: Path) -> Image:
    config, root = own_images.read(folder)
    framework = {} if config.base == MACHINE else table_entry(settings, config.base)
    packages = [*framework.get("packages", []), *config.packages]
    python = python_environments.interpreter(
        settings, packages, requirements=framework.get("requirements")
    )
    environment = {**framework.get("environment", {}), **own_images.environment(config, python)}
    programs = {
        "train": _with_word(_argv(framework.get("train"), python)),
        "serve": _argv(framework.get("serve"), python),
    }
    found = {word: own_images.program(config, root, word, programs[word]) for word in programs}
    if any(programs[word] is not None and found[word] == programs[word] for word in programs):
        # The base's own programs are modules of the local cloud.
        own = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join([*([own] if own else []), str(SOURCE_ROOT)])
    return Image(
        uri=uri,
        python=python,
        train=_in_workdir(config, found["train"]),
        serve=_in_workdir(config, found["serve"]),
        environment=environment,
        note=f"{uri} is {folder.name[:12]} of this local cloud's images, based on {config.base}. "
        + framework.get("note", ""),
        files=root,
        config=config,
    )


def _in_workdir(config: ImageConfig, argv: list[str] | None) -> list[str] | None:
    return None if argv is None else own_images.in_workdir(config, argv)


def _with_word(argv: list[str] | None) -> list[str] | None:
    return None if argv is None else [*argv, "train"]


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
