"""Rolling updates: the new fleet grows and the old one shrinks, batch by batch.

A rolling update has one production variant, as on AWS. The old fleet keeps an instance until the
last batch has baked, so that there is always one to go back to.
"""

from __future__ import annotations

import math
from fractions import Fraction

from local_cloud.sagemaker.hosting import progress
from local_cloud.sagemaker.hosting.fleet import Fleet
from local_cloud.sagemaker.hosting.guardrails import Size
from local_cloud.sagemaker.hosting.rollout import Rollout, cancelled_by

EVERYTHING = Size("CAPACITY_PERCENT", 100)


def forward(rollout: Rollout, old: Fleet) -> None:
    """Raises FleetError, RollBackError or InterruptedByStopError; the fleets are then as far as
    they came."""
    (variant, wanted), (had,) = *rollout.new.planned.items(), old.counts.values()
    batch = (rollout.guardrails.size or EVERYTHING).instances(wanted)
    for count in [*range(batch, wanted, batch), wanted]:
        _launch(rollout, variant, count)
        share = Fraction(count, wanted)
        rollout.shift(share)
        kept = max(1, math.floor(had * (1 - share)))
        ending = old.counts[variant] - kept
        if ending > 0 and share < 1:
            message = f"Terminating {ending} instance(s)."
            rollout.say(progress.DELETING, message, share)
            old.scale({variant: kept}, cancelled=cancelled_by(rollout.watch))


def _launch(rollout: Rollout, variant: str, count: int) -> None:
    there = rollout.new.counts[variant]
    share = Fraction(there, rollout.new.planned[variant])
    rollout.say(progress.CREATING, f"Launching {count - there} instance(s).", share)
    grow = rollout.new.scale if there else rollout.new.start_with
    if not grow({variant: count}, cancelled=cancelled_by(rollout.watch)):
        # Stopping or too late: the look says which.
        rollout.watch.look()


def back(rollout: Rollout, old: Fleet, had: int) -> None:
    """Give the traffic back to the old fleet and let that have ``had`` instances again.

    Without a RollbackMaximumBatchSize all requests go back at once, else a batch at a time.
    Raises FleetError where instances of the old model do not come up.
    """
    ((variant, there),) = old.counts.items()
    size = rollout.guardrails.rollback_size or EVERYTHING
    batch = size.instances(had)
    if batch == had:
        rollout.traffic.all_to(old)

    def stopping() -> bool:
        return rollout.service.tasks.stopping

    while there < had:
        there = min(had, there + batch)
        if not old.scale({variant: there}, cancelled=stopping):
            return
        if batch < had and there < had:
            rollout.traffic.share(rollout.new, 1 - Fraction(there, had))
    rollout.traffic.all_to(old)
