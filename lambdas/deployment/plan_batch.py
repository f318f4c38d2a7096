"""Decide what is asked of SageMaker where there is no endpoint (mode batch): a model, no more.

The champion record says which model answers batches. So an approval makes the model and moves the
record, and a roll-back by hand moves it back; the model has been tested by a batch transform
before it was registered (`evaluation.batch_transform`).
"""

from __future__ import annotations

from typing import Any

from contracts.champion_record import ChampionRecord, Deployed
from lambdas.deployment.model_package import package_of_model
from lambdas.deployment.plan_document import Plan, plan_of

MODEL = "model"
"""The kind of these plans."""


def approval_plan(
    new: Deployed,
    model: dict[str, Any],
    *,
    record: ChampionRecord | None,
    sagemaker: Any,
    what: str,
) -> Plan:
    """The plan for an approved package.

    Args:
        new: what is to be the champion.
        model: CreateModel's request.
        what: which package it is, for people.

    Raises:
        ClientError: SageMaker refuses.
    """
    # An execution that was stopped may have made it.
    is_there = package_of_model(sagemaker, new.model) == new.package
    after = record.followed_by(new) if record else ChampionRecord(champion=new)
    before = record.champion.model if record else None
    instead = f"in the place of {before}" if before else "the first model"
    return _plan(
        after,
        model=model,
        make_model=not is_there,
        made={"config": "", "model": "" if is_there else new.model},
        headline=f"Answers batches: {new.model}",
        summary=f"{what}: it answers batches, {instead}",
    )


def roll_back_plan(record: ChampionRecord, after: ChampionRecord) -> Plan:
    """The plan for a roll-back by hand from `record` to `after`."""
    left, target = record.champion, after.champion
    return _plan(
        after,
        rejected_package=left.package if left.package != target.package else "",
        rejected_reason=f"An operator rolled batches back to version {target.version}.",
        headline=f"Rolled back: {target.model}",
        summary=f"Roll-back by hand of batches: version {target.version} ({target.model}) answers "
        f"in the place of version {left.version} ({left.model})",
    )


def _plan(after: ChampionRecord, **members: Any) -> Plan:
    return plan_of(
        MODEL,
        endpoint={},
        endpoint_exists=False,
        previous_config=None,
        weights={"before": {}, "after": {}},
        model_package=after.champion.package,
        champion=after.document(),
        keep=list(after.names),
        **members,
    )
