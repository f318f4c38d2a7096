"""RUN: what of a shell command the local cloud does for an image, and what it only tells.

`pip install` is recorded as the image's packages; `chmod` and `mkdir` are done on its files.
Nothing else is executed, since it would run on this machine rather than in an image.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from local_cloud.builds import pip_command
from local_cloud.builds.copying import inside
from local_cloud.builds.errors import BuildError
from local_cloud.builds.image_folder import ImageConfig

_SEPARATORS = {"&&", ";", "||", "|", "&"}
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_SYMBOLIC = re.compile(r"[ugoa]*([+=-])([rwxX]+)")


def run(
    commands: Sequence[Sequence[str]],
    config: ImageConfig,
    root: Path,
    tell: Callable[[str], None],
) -> None:
    """Raises BuildError where a `pip install` cannot be recorded."""
    workdir = config.workdir or "/"
    for words in commands:
        plain = _without_assignments(words)
        if pip_command.is_pip_install(plain):
            found = pip_command.read(plain, root=root, workdir=workdir)
            config.packages += [one for one in found.requirements if one not in config.packages]
            for text in (*found.notes, f"packages of the image: {', '.join(found.requirements)}"):
                tell(text)
        elif plain and plain[0] in _DONE and _DONE[plain[0]](plain, root, workdir):
            tell(f"done on the image's files: {shlex.join(words)}")
        elif plain[:1] == ["cd"] and len(plain) == 2:
            workdir = plain[1] if plain[1].startswith("/") else f"{workdir.rstrip('/')}/{plain[1]}"
        elif plain and plain not in (["set", "-e"], ["set", "-ex"], ["set", "-eux"], ["true"]):
            tell(f"not run in the local cloud: {shlex.join(words)}")


def split(text: str) -> list[list[str]]:
    """The simple commands of a shell command line. Raises ValueError for open quotes."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    commands: list[list[str]] = [[]]
    for word in lexer:
        if word in _SEPARATORS:
            commands.append([])
        else:
            commands[-1].append(word)
    return [words for words in commands if words]


def _without_assignments(words: Sequence[str]) -> list[str]:
    rest = list(words)
    while rest and (_ASSIGNMENT.match(rest[0]) or rest[0] in ("sudo", "env", "exec", "then")):
        rest = rest[1:]
    return rest


def _targets(words: Sequence[str], root: Path, workdir: str) -> list[Path]:
    found: list[Path] = []
    for word in words:
        absolute = word if word.startswith("/") else f"{workdir.rstrip('/')}/{word}"
        place = inside(root, absolute)
        if any(character in word for character in "*?["):
            found += sorted(root.glob(place.relative_to(root).as_posix()))
        else:
            found.append(place)
    return found


def _mkdir(words: Sequence[str], root: Path, workdir: str) -> bool:
    names = [word for word in words[1:] if not word.startswith("-")]
    for place in _targets(names, root, workdir):
        place.mkdir(parents=True, exist_ok=True)
    return True


def _chmod(words: Sequence[str], root: Path, workdir: str) -> bool:
    """False where some of it is not the image's own, or of a form that is not known here."""
    options = [word for word in words[1:] if word in ("-R", "--recursive", "-v", "-f")]
    rest = [word for word in words[1:] if word not in options]
    if len(rest) < 2:
        return False
    change = _mode_change(rest[0])
    targets = _targets(rest[1:], root, workdir)
    if change is None or not targets:
        return False
    for place in targets:
        # A file that the base image would have is no file of the image here.
        if not place.exists():
            return False
    for place in targets:
        recursive = "-R" in options or "--recursive" in options
        for one in [place, *(place.rglob("*") if recursive and place.is_dir() else [])]:
            if not one.is_symlink():
                one.chmod(change(one.stat().st_mode & 0o777))
    return True


def _mode_change(text: str) -> Callable[[int], int] | None:
    if re.fullmatch(r"0?[0-7]{3,4}", text):
        # Whoever runs the local cloud must still be able to read and remove it.
        octal = int(text, 8) & 0o777 | 0o600
        return lambda _before: octal
    match = _SYMBOLIC.fullmatch(text)
    if match is None:
        return None
    bits = 0
    for letter in match[2]:
        bits |= {"r": 0o444, "w": 0o200, "x": 0o111, "X": 0o111}[letter]
    if match[1] == "+":
        return lambda before: before | bits
    if match[1] == "-":
        return lambda before: before & ~bits | 0o600
    return lambda before: before & ~0o111 | bits | 0o600


_DONE: dict[str, Callable[[Sequence[str], Path, str], bool]] = {"chmod": _chmod, "mkdir": _mkdir}


def commands_of(arguments: str, words: Sequence[str] | None, where: str) -> list[list[str]]:
    """The commands of a RUN in shell form, or its one command in JSON's form."""
    if words is not None:
        return [list(words)]
    try:
        return split(arguments)
    except ValueError as error:
        raise BuildError(f"{where}: RUN {arguments}: {error}") from error
