"""The bash program that runs a buildspec's phases, and the marks by which it tells of them.

CodeBuild runs all commands of a 0.2 buildspec in one shell, so that folders and variables stay
from one to the next; so does this program. It prints a line of its own (a mark, which holds a
secret of the build) at the begin and the end of each phase and for a command that fails.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from local_cloud.builds.buildspec import Phase

Event = Literal["begin", "end", "failed"]

_HEAD = """
_build_mark() { printf '%s %s\\n' MARK "$*"; }
_build_run() {
    printf '[Container] Running command %s\\n' "$2"
    eval "$2"
    _build_status=$?
    [ "$_build_status" -eq 0 ] && return 0
    printf '[Container] Command did not exit successfully %s exit status %s\\n' \\
        "$2" "$_build_status"
    _build_mark failed "$1" "$_build_status"
    return 1
}
export CODEBUILD_BUILD_SUCCEEDING=1
_build_go=1
_build_failed=0
"""

_PHASE = """
if [ "$_build_go" -eq 1 ]; then
    _build_mark begin {name}
    _build_ok=1
    {{ {commands}; }} || _build_ok=0
    {{ {finally_}; }} || _build_ok=0
    _build_mark end {name} "$_build_ok"
    if [ "$_build_ok" -eq 0 ]; then
        _build_failed={counts}
        export CODEBUILD_BUILD_SUCCEEDING=0
        _build_go={goes_on}
    fi
fi
"""


@dataclass(frozen=True)
class Mark:
    """``numbers``: of ``end`` whether the phase succeeded (1, 0); of ``failed`` the command's
    number in :func:`commands_of` and its exit status."""

    event: Event
    phase: str
    numbers: tuple[int, ...]


def commands_of(phases: Sequence[Phase]) -> list[str]:
    """Every command of the program, as its marks count them."""
    return [command for phase in phases for command in (*phase.commands, *phase.finally_)]


def script(phases: Sequence[Phase], secret: str) -> str:
    """The program; its exit status is 0 where the build succeeded."""
    parts = [_HEAD.replace("MARK", secret)]
    number = 0
    for phase in phases:
        first, second = len(phase.commands), len(phase.finally_)
        # post_build runs after a failed build too, as in CodeBuild.
        goes_on = phase.go_on or (phase.name == "build" and not phase.abort)
        parts.append(
            _PHASE.format(
                name=phase.name.upper(),
                commands=_chain(phase.commands, number),
                finally_=_chain(phase.finally_, number + first),
                counts=0 if phase.go_on else 1,
                goes_on=int(goes_on),
            )
        )
        number += first + second
    parts.append('exit "$_build_failed"\n')
    return "".join(parts)


def mark_of(line: str, secret: str) -> Mark | None:
    """The mark that a line of the program's output is, None for other output."""
    if not line.startswith(f"{secret} "):
        return None
    _, event, *rest = line.split()
    if event == "failed":
        return Mark("failed", "", tuple(int(word) for word in rest))
    if event == "begin":
        return Mark("begin", rest[0], ())
    return Mark("end", rest[0], (int(rest[1]),))


def _chain(commands: Sequence[str], first: int) -> str:
    runs = [
        f"_build_run {number} {shlex.quote(command)}"
        for number, command in enumerate(commands, start=first)
    ]
    return " && ".join(runs) or "true"
