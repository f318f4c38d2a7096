"""What a `pip install` of a Dockerfile would install, as requirements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from local_cloud.builds.copying import inside
from local_cloud.builds.errors import BuildError

_PROGRAMS = ("pip", "pip3", "pip3.12", "pip3.11")
_PYTHONS = ("python", "python3", "python3.12", "python3.11")
_TAKES_VALUE = {
    "-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--trusted-host", "--timeout",
    "--default-timeout", "--retries", "--progress-bar", "--upgrade-strategy", "--cache-dir",
    "--root-user-action", "--only-binary", "--no-binary", "--proxy", "--cert",
}  # fmt: skip
_NOT_FOLLOWED = {"-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--no-deps"}
_FILES = {"-r", "--requirement", "-c", "--constraint"}
_REFUSED = {"-e", "--editable", "-t", "--target", "--prefix", "--root"}


@dataclass
class Installation:
    """``notes``: options that this local cloud does not follow."""

    requirements: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def is_pip_install(words: Sequence[str]) -> bool:
    """Whether the words are a call of `pip install`."""
    return _after_install(words) is not None


def _after_install(words: Sequence[str]) -> list[str] | None:
    for program in (_PROGRAMS, ("uv",)):
        if words and Path(words[0]).name in program:
            rest = list(words[1:])
            break
    else:
        if not (words and Path(words[0]).name in _PYTHONS and "-m" in words[1:4]):
            return None
        at = list(words).index("-m")
        rest = list(words[at + 2 :]) if list(words[at + 1 : at + 2]) == ["pip"] else []
    rest = rest[1:] if rest[:1] == ["pip"] else rest
    while rest and rest[0].startswith("-"):
        rest = rest[1:]
    return rest[1:] if rest[:1] == ["install"] else None


def read(words: Sequence[str], *, root: Path, workdir: str) -> Installation:
    """Requirement files are read from the image's files; relative ones lie in ``workdir``.

    Raises BuildError for what cannot be put into words of requirements.
    """
    found = Installation()
    left = list(_after_install(words) or [])
    while left:
        word = left.pop(0)
        option, equals, value = word.partition("=")
        if not word.startswith("-"):
            _add(found, word, where="pip install")
            continue
        if word.startswith("-r") and word != "-r" and not word.startswith("-r="):
            option, value, equals = "-r", word[2:], "="
        if option in _REFUSED:
            raise BuildError(f"pip install {option}: the local cloud records packages by name only")
        if option in _FILES | _TAKES_VALUE and not equals:
            value = left.pop(0) if left else ""
        if option in _FILES:
            _add_file(
                found, value, root=root, workdir=workdir, pins=option in ("-c", "--constraint")
            )
        elif option in _NOT_FOLLOWED:
            found.notes.append(f"pip's {option} is not followed in the local cloud")
    return found


def _add_file(found: Installation, name: str, *, root: Path, workdir: str, pins: bool) -> None:
    if pins:
        found.notes.append(f"pip's constraints {name} are not followed in the local cloud")
        return
    file = inside(root, f"{workdir}/{name}" if not name.startswith("/") else name)
    if not file.is_file():
        raise BuildError(
            f"Could not open requirements file: No such file or directory: {name!r} (in {workdir})"
        )
    text = file.read_text(encoding="utf-8").replace("\\\n", " ")
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.split(" #")[0].strip()
        if line.startswith(("-r ", "--requirement ")):
            nested = line.split(maxsplit=1)[1]
            folder = str(Path(name).parent / nested)
            _add_file(found, folder, root=root, workdir=workdir, pins=False)
        elif line.startswith("-"):
            found.notes.append(f"{name}, line {number}: {line!r} is not followed")
        elif line and not line.startswith("#"):
            _add(found, line.split(" --hash")[0].strip(), where=f"{name}, line {number}")


def _add(found: Installation, text: str, *, where: str) -> None:
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise BuildError(
            f"{where}: {text!r} is no requirement by name and version ({error}); the local cloud "
            "installs nothing from folders, files or addresses"
        ) from error
    if requirement.url:
        raise BuildError(f"{where}: {text!r}: the local cloud installs nothing from addresses")
    if requirement.marker is None or requirement.marker.evaluate():
        requirement.marker = None
        found.requirements.append(str(requirement))
