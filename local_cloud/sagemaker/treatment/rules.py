"""The words in which a resource family says how it treats the members of its requests.

A path is dotted as in botocore's shapes, the items of a list are ``[]``, the values of a map
``{}``: ``InputDataConfig[].DataSource.S3DataSource.S3DataType``. A rule covers all that lies below
its path, unless a rule of its own is said of something there. A rule with ``values`` is of those
values alone, beside the rule of the member itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Verdict = Literal["works", "ignored", "refused"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How one member is treated.

    ``why``: of an ignored member what is ignored and why, of a refused one the reason, of one that
    works a remark, or nothing. ``values``: the single values that the rule is of; without them it
    is of the member as such.
    """

    path: str
    verdict: Verdict
    why: str = ""
    values: tuple[str, ...] = ()

    @property
    def of_some_values(self) -> bool:
        return bool(self.values)

    def concerns(self, value: Any) -> bool:
        """Whether the rule is of this value of its member."""
        return not self.values or value in self.values


@dataclass(frozen=True, kw_only=True)
class Family:
    """A resource family: ``actions`` has the rules of each of its actions."""

    title: str
    actions: Mapping[str, tuple[Rule, ...]]


def works(*paths: str, note: str = "") -> tuple[Rule, ...]:
    """Code of the local cloud honours these members. ``note`` says what differs, if anything."""
    return tuple(Rule(path=path, verdict="works", why=note) for path in paths)


def ignored(why: str, *paths: str, values: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Accepted, kept where Describe answers them, and without effect here."""
    return tuple(
        Rule(path=path, verdict="ignored", why=why, values=tuple(values)) for path in paths
    )


def refused(why: str, *paths: str, values: Iterable[str] = ()) -> tuple[Rule, ...]:
    """A request that uses one of them (or the ``values``) fails."""
    return tuple(
        Rule(path=path, verdict="refused", why=why, values=tuple(values)) for path in paths
    )


def below(path: str, rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules of a structure that several requests have, at its place in one of them."""
    return tuple(replace(rule, path=f"{path}.{rule.path}") for rule in rules)


def treatment(*groups: Iterable[Rule]) -> tuple[Rule, ...]:
    """All rules of one action."""
    return tuple(rule for group in groups for rule in group)
