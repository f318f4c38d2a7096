"""The champion record: which model of a workload serves, since when, and what served before it.

One SSM parameter a workload (`contracts.names.champion_parameter`), written by the deployment's
state machine after a model has proved itself, read by whoever asks what is live, by the roll-back
by hand and by the guard against approvals that come late:

    {"schema_version": 1,
     "package": "arn:aws:sagemaker:...:model-package/rookery-dev-birds/4",
     "version": 4,
     "model": "rookery-dev-birds-v4-0a1b2c3d",
     "config": "rookery-dev-birds-v4-0a1b2c3d",
     "deployed_at": "2026-03-01T12:05:00Z",
     "approved_at": "2026-03-01T12:00:00Z",
     "metrics": {"accuracy": 0.98},
     "model_sha256": "9f86...",
     "history": [{"package": ..., "version": 3, ...}, {"package": ..., "version": 2, ...}]}

`history` holds what served before, the newest first, without histories of their own: with the
champion these are the last KEPT deployments, whose models and configurations are kept. An SSM
parameter has 4 KB, so each lists no more than MOST_METRICS metrics.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

SCHEMA_VERSION = 1
KEPT = 3
"""How many deployments are kept, the champion among them."""
MOST_METRICS = 6
FAILED_MARK = "Deployment failed"
"""Beginning of the approval description of a package whose deployment failed. The state machine
rejects such a package, so that it is not tried again by itself; a person may approve it again."""

_TEXTS = ("package", "model", "config")
_MAYBE_EMPTY = ("deployed_at", "approved_at", "model_sha256")


class ChampionRecordError(ValueError):
    """A record that is not of the form above; the message names every fault."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployed:
    """A deployment that proved itself.

    Attributes:
        package: ARN of the model package.
        version: of the package in its group.
        model, config: names of the SageMaker model and of the endpoint configuration with which
            it served alone; without an endpoint (mode batch) `config` is the model's name too.
        deployed_at: when it had proved itself, in UTC as `2026-03-01T12:05:00Z`; empty while it
            has not.
        approved_at: when somebody decided for it: the time of the approval event, of the
            roll-back or of the end of a split; in UTC, as above.
        metrics: figures of its evaluation by name, on the held-out data of its own time.
        model_sha256: digest of its model.tar.gz; empty where the registry does not say.
    """

    package: str
    version: int
    model: str
    config: str
    deployed_at: str = ""
    approved_at: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    model_sha256: str = ""

    def document(self) -> dict[str, Any]:
        """As the record's JSON holds it."""
        kept = dict(list(self.metrics.items())[:MOST_METRICS])
        return {**asdict(self), "metrics": kept}


@dataclass(frozen=True, kw_only=True, slots=True)
class ChampionRecord:
    """The champion and what served before it, the newest first."""

    champion: Deployed
    history: tuple[Deployed, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Models and configurations that are kept, each once."""
        kept = (self.champion, *self.history)
        return tuple(dict.fromkeys(name for each in kept for name in (each.config, each.model)))

    def followed_by(self, new: Deployed) -> ChampionRecord:
        """The record once `new` serves in the champion's place.

        A deployment is listed once: one that comes back leaves its old place.
        """
        before = (self.champion, *self.history)
        others = tuple(each for each in before if each.config != new.config)
        return ChampionRecord(champion=new, history=others[: KEPT - 1])

    def rolled_back_to(self, target: Deployed, *, approved_at: str) -> ChampionRecord:
        """The record once `target`, one of the history, serves again.

        What came after it is gone: a second roll-back goes further back, not forth again.
        """
        older = self.history[self.history.index(target) + 1 :]
        return ChampionRecord(champion=replace(target, approved_at=approved_at), history=older)

    def document(self) -> dict[str, Any]:
        """As its JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            **self.champion.document(),
            "history": [each.document() for each in self.history],
        }

    def to_json(self) -> str:
        """The parameter's value."""
        return json.dumps(self.document())

    @classmethod
    def parse(cls, content: str | bytes) -> ChampionRecord:
        """Read a parameter's value. Raises ChampionRecordError; unknown members are left out."""
        try:
            document = json.loads(content)
        except ValueError as error:
            raise ChampionRecordError(f"the champion record is not JSON: {error}") from error
        faults = _faults(document)
        if faults:
            raise ChampionRecordError("the champion record is not valid: " + "; ".join(faults))
        return cls(
            champion=_deployed(document),
            history=tuple(_deployed(each) for each in document.get("history", [])),
        )


def _deployed(document: Mapping[str, Any]) -> Deployed:
    return Deployed(
        version=document["version"],
        metrics=dict(document.get("metrics") or {}),
        package=document["package"],
        model=document["model"],
        config=document["config"],
        **{name: document.get(name) or "" for name in _MAYBE_EMPTY},
    )


def _faults(document: Any) -> list[str]:
    if not isinstance(document, dict):
        return [f"it is a JSON {type(document).__name__}, not an object"]
    version = document.get("schema_version")
    faults = []
    if version != SCHEMA_VERSION:
        faults.append(f"schema_version: {version!r} is unknown; known is {SCHEMA_VERSION}")
    faults += _deployed_faults(document, "")
    history = document.get("history", [])
    if not isinstance(history, list):
        return [*faults, f"history: expected a list, got {history!r}"]
    for index, each in enumerate(history):
        faults += _deployed_faults(each, f"history[{index}].")
    return faults


def _deployed_faults(document: Any, where: str) -> list[str]:
    if not isinstance(document, dict):
        return [f"{where.rstrip('.')}: expected an object, got {document!r}"]
    faults = [
        f"{where}{name}: expected a text that is not empty, got {document.get(name)!r}"
        for name in _TEXTS
        if not isinstance(document.get(name), str) or not document[name]
    ]
    faults += [
        f"{where}{name}: expected a text, got {document[name]!r}"
        for name in _MAYBE_EMPTY
        if not isinstance(document.get(name, ""), str)
    ]
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        faults.append(f"{where}version: expected a number, got {version!r}")
    metrics = document.get("metrics", {})
    if not isinstance(metrics, dict) or not all(_is_number(each) for each in metrics.values()):
        faults.append(f"{where}metrics: expected numbers by name, got {metrics!r}")
    return faults


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
