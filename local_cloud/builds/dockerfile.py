"""Reads a Dockerfile into its instructions, with the line of each.

"Dockerfile reference" in Docker's manual. Variables are put in later, where their values are
known (:func:`expand`).
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from local_cloud.builds.errors import BuildError

KNOWN = {
    "FROM", "ARG", "ENV", "WORKDIR", "COPY", "ADD", "ENTRYPOINT", "CMD", "LABEL", "EXPOSE", "USER",
    "RUN", "SHELL", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", "MAINTAINER",
}  # fmt: skip
_VARIABLE = re.compile(
    r"\\\$|\$(?:(?P<plain>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?:(?P<how>:[-+])(?P<word>[^}]*))?\})"
)
_HEREDOC = re.compile(r"(?:^|\s)<<-?[\"']?[A-Za-z_]")


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """``flags`` are the ``--name=value`` words before the ``arguments``; ``where`` is
    ``<file>, line <n>``."""

    name: str
    arguments: str
    flags: Mapping[str, str]
    where: str

    def words(self) -> list[str]:
        """The arguments as a shell would split them. Raises BuildError."""
        try:
            return shlex.split(self.arguments)
        except ValueError as error:
            raise BuildError(f"{self.where}: {self.name} {self.arguments}: {error}") from error

    def json_words(self) -> list[str] | None:
        """The arguments where they are in JSON's form, else None. Raises BuildError."""
        if not self.arguments.startswith("["):
            return None
        try:
            words = json.loads(self.arguments)
        except ValueError:
            return None
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise BuildError(f"{self.where}: {self.name} takes a list of strings")
        return words


def parse(text: str, *, file: str) -> list[Instruction]:
    """Raises BuildError with file and line of what is not understood."""
    found = []
    faults = []
    for number, line in _logical_lines(text):
        where = f"{file}, line {number}"
        name, _, rest = line.partition(" ") if " " in line else line.partition("\t")
        if name.upper() not in KNOWN:
            faults.append(
                f"{where}: unknown instruction: {name}. The local cloud knows "
                f"{', '.join(sorted(KNOWN))}"
            )
        elif _HEREDOC.search(rest):
            faults.append(f"{where}: the local cloud reads no here-documents (<<)")
        else:
            found.append(_instruction(name.upper(), rest.strip(), where))
    if not faults and not any(one.name == "FROM" for one in found):
        faults.append(f"{file}: no build stage in it: it has no FROM")
    if faults:
        raise BuildError("\n".join(faults))
    return found


def expand(text: str, variables: Mapping[str, str]) -> str:
    """``$name``, ``${name}``, ``${name:-word}`` and ``${name:+word}``; an unset one is empty."""

    def value(match: re.Match[str]) -> str:
        if match.group() == r"\$":
            return "$"
        found = variables.get(match["plain"] or match["name"], "")
        if match["how"] == ":-":
            return found or expand(match["word"], variables)
        if match["how"] == ":+":
            return expand(match["word"], variables) if found else ""
        return found

    return _VARIABLE.sub(value, text)


def pairs(instruction: Instruction, variables: Mapping[str, str]) -> dict[str, str]:
    """Names and values of ENV and LABEL, the old form ``ENV name value`` too."""
    words = instruction.words()
    if words and "=" not in words[0]:
        name, _, value = instruction.arguments.partition(" ")
        return {name: expand(value.strip(), variables)}
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise BuildError(f"{instruction.where}: {word!r} is not name=value")
        found[expand(name, variables)] = expand(value, variables)
    return found


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Lines without comments, joined where they go on, each with the number of its first."""
    lines = []
    begun: list[str] = []
    first = 0
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        # A comment or an empty line within an instruction that goes on is left out.
        if not line or line.startswith("#"):
            continue
        first = first if begun else number
        goes_on = line.endswith("\\")
        begun.append(line.removesuffix("\\").rstrip() if goes_on else line)
        if not goes_on:
            lines.append((first, " ".join(begun)))
            begun = []
    if begun:
        lines.append((first, " ".join(begun)))
    return lines


def _instruction(name: str, rest: str, where: str) -> Instruction:
    flags = {}
    while match := re.match(r"--([a-z-]+)(?:=(\S*))?(?:\s+|$)", rest):
        flags[match[1]] = match[2] or ""
        rest = rest[match.end() :]
    return Instruction(name=name, arguments=rest, flags=flags, where=where)
