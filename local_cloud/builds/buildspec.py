"""A project's buildspec, version 0.2.

"Build specification reference for CodeBuild" in the CodeBuild user guide. What this local cloud
does not do is refused, so that no build seems to have done it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from local_cloud.builds.errors import BuildError

PHASES = ("install", "pre_build", "build", "post_build")
_PHASE_KEYS = {"commands", "finally", "on-failure", "runtime-versions"}
_ENV_KEYS = {"shell", "variables"}
_TOP_KEYS = {"version", "env", "phases"}
SHELLS = ("bash", "/bin/sh")


@dataclass(frozen=True, kw_only=True)
class Phase:
    """``name`` as the buildspec has it; ``go_on`` is ``on-failure: CONTINUE``, ``abort`` is
    ``on-failure: ABORT``."""

    name: str
    commands: tuple[str, ...] = ()
    finally_: tuple[str, ...] = ()
    go_on: bool = False
    abort: bool = False


@dataclass(frozen=True, kw_only=True)
class Buildspec:
    phases: tuple[Phase, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def parse(text: str, *, where: str) -> Buildspec:
    """``where`` names the text in errors. Raises BuildError with all that is wrong."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BuildError(f"YAML_FILE_ERROR: {where} is not YAML: {error}") from error
    if not isinstance(document, dict):
        raise BuildError(f"YAML_FILE_ERROR: {where} is no mapping with version and phases")
    reader = _Reader(where)
    spec = reader.read(document)
    if reader.faults:
        raise BuildError("YAML_FILE_ERROR: " + "; ".join(reader.faults))
    return spec


class _Reader:
    def __init__(self, where: str) -> None:
        self._where = where
        self.faults: list[str] = []
        self._notes: list[str] = []

    def read(self, document: Mapping[str, Any]) -> Buildspec:
        if str(document.get("version")) != "0.2":
            self._fault("version", f"{document.get('version')!r} is not 0.2")
        self._only(document, _TOP_KEYS, "the local cloud's builds have")
        phases = self._mapping(document.get("phases"), "phases")
        for name in phases.keys() - set(PHASES):
            self._fault(f"phases.{name}", f"a build has {', '.join(PHASES)}")
        variables = self._environment(self._mapping(document.get("env"), "env"))
        return Buildspec(
            phases=tuple(self._phase(name, phases[name]) for name in PHASES if name in phases),
            variables=variables,
            notes=tuple(self._notes),
        )

    def _environment(self, env: Mapping[str, Any]) -> dict[str, str]:
        self._only(env, _ENV_KEYS, "env here has", prefix="env.")
        if env.get("shell", "bash") not in SHELLS:
            self._fault("env.shell", f"{env['shell']!r} is none of {', '.join(SHELLS)}")
        given = self._mapping(env.get("variables"), "env.variables")
        return {str(name): _text(value) for name, value in given.items()}

    def _phase(self, name: str, given: Any) -> Phase:
        where = f"phases.{name}"
        phase = self._mapping(given, where)
        self._only(phase, _PHASE_KEYS, "a phase here has", prefix=f"{where}.")
        if "runtime-versions" in phase:
            self._notes.append(
                f"{where}.runtime-versions is not installed: a build has this machine's programs"
            )
        on_failure = phase.get("on-failure")
        if on_failure not in (None, "ABORT", "CONTINUE"):
            self._fault(f"{where}.on-failure", f"{on_failure!r} is neither ABORT nor CONTINUE")
        return Phase(
            name=name,
            commands=self._commands(phase.get("commands"), f"{where}.commands"),
            finally_=self._commands(phase.get("finally"), f"{where}.finally"),
            go_on=on_failure == "CONTINUE",
            abort=on_failure == "ABORT",
        )

    def _commands(self, given: Any, where: str) -> tuple[str, ...]:
        if given is None:
            return ()
        if not isinstance(given, list):
            self._fault(where, "must be a list of commands")
            return ()
        for number, command in enumerate(given, start=1):
            # YAML reads `echo a: b` as a mapping, which nobody means.
            if not isinstance(command, str | int | float | bool):
                self._fault(where, f"command {number} is no text: put it into quotes")
        return tuple(_text(command) for command in given)

    def _mapping(self, given: Any, where: str) -> Mapping[str, Any]:
        if given is None:
            return {}
        if isinstance(given, dict):
            return given
        self._fault(where, "must be a mapping")
        return {}

    def _only(
        self, given: Mapping[str, Any], known: set[str], have: str, *, prefix: str = ""
    ) -> None:
        for name in sorted(str(key) for key in given.keys() - known):
            self._fault(f"{prefix}{name}", f"{have} {', '.join(sorted(known))} only")

    def _fault(self, key: str, text: str) -> None:
        self.faults.append(f"{self._where}, {key}: {text}")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
