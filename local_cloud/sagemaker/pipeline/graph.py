"""Which steps wait for which, and which may start now.

A step waits for the steps that its arguments refer to, for its ``DependsOn``, and for
the condition in whose branch it stands. To depend on a Condition step is to wait until
it has been decided. A step whose dependency was in a branch not taken never runs, and
that is no failure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from local_cloud.sagemaker.pipeline import references
from local_cloud.sagemaker.pipeline.definition import Definition, Step


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far one step has come; ``outcome`` is a decided condition's answer."""

    status: str
    outcome: bool | None = None


def dependencies(step: Step) -> set[str]:
    """The names of the steps that must have succeeded before this one starts."""
    names = references.steps_named(references.of_step(step)) | set(step.depends_on)
    if step.branch is not None:
        names.add(step.branch.condition)
    return names


def cycle(definition: Definition) -> list[str] | None:
    """The names of steps that wait for each other in a ring, None if there is no ring."""
    sorter: TopologicalSorter[str] = TopologicalSorter(
        {step.name: dependencies(step) for step in definition.steps}
    )
    try:
        sorter.prepare()
    except CycleError as error:
        ring: list[str] = error.args[1]
        return ring
    return None


def ready(
    definition: Definition,
    progress: Mapping[str, Progress],
    selected: Collection[str] | None = None,
) -> list[str]:
    """The steps that have not begun and may begin now, in the definition's order; none but the
    ``selected`` ones, where some are."""
    return [
        step.name
        for step in definition.steps
        if step.name not in progress
        and (selected is None or step.name in selected)
        and _may_begin(step, progress)
    ]


def _may_begin(step: Step, progress: Mapping[str, Progress]) -> bool:
    for name in dependencies(step):
        if name not in progress or progress[name].status != "Succeeded":
            return False
    if step.branch is None:
        return True
    return progress[step.branch.condition].outcome is step.branch.taken
