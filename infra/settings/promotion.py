"""The way of a model package through environments: where it comes from, and where it goes to.

Each environment names the one before it (`promotion.from`); the one after it is not named, but
has to be trusted: it follows from the other environments' files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.settings.environment import EnvironmentSettings
from infra.settings.faults import Fault
from infra.settings.folders import SettingsFolder
from infra.settings.validation import validate
from infra.settings.yaml_files import read_mapping


@dataclass(frozen=True)
class PromotionPath:
    """The environments before and after one.

    Attributes:
        before: the one that packages come from, then the one that they came from there, and so
            on; empty where they are trained here.
        after: those that name this one as theirs.
        later: those that packages can come to from here, `after` among them.
    """

    before: tuple[EnvironmentSettings, ...] = ()
    after: tuple[EnvironmentSettings, ...] = ()
    later: tuple[EnvironmentSettings, ...] = ()

    @property
    def source(self) -> EnvironmentSettings | None:
        """Where packages come from; None where they are trained here alone."""
        return self.before[0] if self.before else None


def promotion_path(
    environment: EnvironmentSettings, folder: SettingsFolder
) -> tuple[PromotionPath, list[Fault]]:
    """The path through `environment`, with the faults that the files on it have."""
    contents = _contents(folder)
    before, faults = _before(environment.name, contents, folder)
    if faults:
        return PromotionPath(), faults
    chain = [environment.name, *before]
    loaded, faults = _load([*before, *_later(environment.name, contents)], contents, folder)
    sources = [loaded[name] for name in before if name in loaded]
    later = [each for name, each in loaded.items() if name not in chain]
    path = PromotionPath(
        before=tuple(sources),
        after=tuple(each for each in later if _source(contents[each.name]) == environment.name),
        later=tuple(later),
    )
    if path.source is not None:
        _, shown = folder.file(environment.name)
        faults += _pair_faults(environment, path.source, shown)
    return path, faults


def _contents(folder: SettingsFolder) -> dict[str, Mapping[str, Any]]:
    """Of the files that can be read; those that cannot are told where they are loaded."""
    found = {name: read_mapping(*folder.file(name))[0] for name in folder.names()}
    return {name: content for name, content in found.items() if content is not None}


def _source(content: Mapping[str, Any]) -> str | None:
    promotion = content.get("promotion")
    source = promotion.get("from") if isinstance(promotion, Mapping) else None
    return source if isinstance(source, str) else None


def _before(
    name: str, contents: Mapping[str, Mapping[str, Any]], folder: SettingsFolder
) -> tuple[list[str], list[Fault]]:
    """The names of the environments before one; a fault where they go round in a circle."""
    before: list[str] = []
    at = name
    while (source := _source(contents.get(at, {}))) in contents and source is not None:
        if source == at == name:
            # promotion_faults says it.
            break
        if source == name or source in before:
            way = " from ".join([name, *before, source])
            _, shown = folder.file(at)
            problem = f"goes round in a circle: {way}"
            return [], [Fault(shown, "promotion.from", problem, "one way alone", source)]
        before.append(source)
        at = source
    return before, []


def _later(name: str, contents: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The names of all environments that packages can come to from one."""
    found: list[str] = []
    at = [name]
    while at:
        at = [
            each
            for each, content in contents.items()
            if _source(content) in at and each not in (name, *found)
        ]
        found += at
    return found


def _load(
    names: Sequence[str], contents: Mapping[str, Mapping[str, Any]], folder: SettingsFolder
) -> tuple[dict[str, EnvironmentSettings], list[Fault]]:
    loaded, faults = {}, []
    for name in names:
        _, shown = folder.file(name)
        found = validate(EnvironmentSettings, {"name": name, **contents[name]}, shown)
        if isinstance(found, list):
            faults += found
        else:
            loaded[name] = found
    return loaded, faults


def _pair_faults(
    environment: EnvironmentSettings, source: EnvironmentSettings, file: str
) -> list[Fault]:
    """What two environments must have in common for a package to go from one to the other."""
    faults = []
    if source.region != environment.region:
        # An endpoint runs images of its own region alone, and the package names its image.
        problem = f"is in the region {source.region}, this environment in {environment.region}"
        allowed = "an environment in the same region"
        faults.append(Fault(file, "promotion.from", problem, allowed, source.name))
    if not set(source.workloads) & set(environment.workloads):
        problem = "has none of this environment's workloads"
        allowed = f"one with {', '.join(environment.workloads)}"
        faults.append(Fault(file, "promotion.from", problem, allowed, source.name))
    return faults
