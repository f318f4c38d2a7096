"""Carries the table out: what it refuses fails a request, what it ignores is told."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.treatment import paths
from local_cloud.sagemaker.treatment.rules import Rule, Verdict
from local_cloud.sagemaker.treatment.table import RULES

DOCS_PAGE = "docs/local-sagemaker-api.md"
logger = logging.getLogger("local_cloud.sagemaker")


def refusals(action: str, request: Mapping[str, Any]) -> list[str]:
    """Every member that the local cloud does not take, by its place in the request, and why."""
    return [
        f"{_said(place, rule, value)}: {rule.why}"
        for place, rule, value in _used(action, request, "refused")
    ]


def check(action: str, request: Mapping[str, Any]) -> None:
    """Raises ValidationException that names all of :func:`refusals`."""
    found = refusals(action, request)
    if found:
        raise ValidationException(refusal(action, found))


def refusal(action: str, found: list[str]) -> str:
    """The message of an error that says what is refused."""
    noun = "member" if len(found) == 1 else "members"
    return (
        f"The local cloud does not support {len(found)} {noun} of this {action} request: "
        f"{'; '.join(found)}. See {DOCS_PAGE}."
    )


def ignored(action: str, request: Mapping[str, Any]) -> list[str]:
    """The places of all that the request says and the local cloud ignores."""
    return [_said(place, rule, value) for place, rule, value in _used(action, request, "ignored")]


class Notices:
    """Tells the log what requests said in vain: each member of an action once, since most
    requests are like the ones before."""

    def __init__(self) -> None:
        self._told: set[tuple[str, Rule]] = set()
        self._lock = threading.Lock()

    def tell(self, action: str, request: Mapping[str, Any]) -> None:
        for place, rule, value in _used(action, request, "ignored"):
            with self._lock:
                if (action, rule) in self._told:
                    continue
                self._told.add((action, rule))
            logger.info("%s: %s is ignored: %s", action, _said(place, rule, value), rule.why)


def _used(
    action: str, request: Mapping[str, Any], verdict: Verdict
) -> Iterator[tuple[str, Rule, Any]]:
    for rule in RULES.get(action, ()):
        if rule.verdict == verdict:
            for place, value in paths.in_request(request, rule.path):
                if _says_something(value) and rule.concerns(value):
                    yield place, rule, value


def _says_something(value: Any) -> bool:
    """What is switched off or empty asks for nothing; 0 is a number like others."""
    return value is not False and value not in ("", [], {})


def _said(place: str, rule: Rule, value: Any) -> str:
    return f"{place} {value}" if rule.of_some_values else place
