"""An endpoint's update to another configuration, and its way back.

Until an update is through, the endpoint's document names what served before as what serves
(``_serving``). A stop or kill of the local cloud in the middle therefore finds one of two things
at the next start: an update to take up from its first step, with all traffic on the old
configuration, or, where it was going back already, the old configuration alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_cloud.sagemaker.hosting import progress, rolling
from local_cloud.sagemaker.hosting.fleet import Fleet, FleetError
from local_cloud.sagemaker.hosting.guardrails import ROLLING, Guardrails
from local_cloud.sagemaker.hosting.plan import Plan
from local_cloud.sagemaker.hosting.rollout import (
    InterruptedByStopError,
    RollBackError,
    Rollout,
    Watch,
    cancelled_by,
)
from local_cloud.sagemaker.hosting.state import PENDING, change
from local_cloud.sagemaker.hosting.traffic import Traffic
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document

Finish = Callable[[Plan], None]


def run(service: SageMakerService, document: Document, traffic: Traffic, finish: Finish) -> None:
    """Bring the fleet of ``_pending`` into service; ``finish`` then notes it in the document.

    An update that cannot go through leaves what served before in service, and says why.
    """
    endpoint, plan = document["EndpointName"], document["_pending"]
    guardrails = Guardrails.parse(document.get("_guardrails", {}))
    began: float = document.get("_pending_since") or document["LastModifiedTime"]
    rollout = Rollout(
        service=service,
        endpoint=endpoint,
        guardrails=guardrails,
        traffic=traffic,
        new=Fleet(service, endpoint, plan),
        watch=Watch(service=service, guardrails=guardrails, began=began),
    )
    # More than one only where an earlier update could go neither on nor back.
    old, *mixed = traffic.fleets
    had = sum(old.planned.values())
    try:
        _forward(rollout, old)
    except InterruptedByStopError:
        return
    except (FleetError, RollBackError) as error:
        _back(rollout, old, had, str(error))
    except Exception:
        # A fault of the local cloud itself must not leave the traffic half-way either.
        traffic.all_to(old)
        rollout.new.retire()
        raise
    else:
        traffic.all_to(rollout.new)
        old.retire()
        finish(plan)
    for fleet in mixed:
        fleet.retire()


def _forward(rollout: Rollout, old: Fleet) -> None:
    if rollout.guardrails.kind == ROLLING:
        rolling.forward(rollout, old)
        return
    count = sum(rollout.new.planned.values())
    message = f"Launching {count} instance(s)."
    progress.say(rollout.service, rollout.endpoint, progress.CREATING, message)
    if not rollout.new.start(cancelled=cancelled_by(rollout.watch)):
        # Stopping or too late: the look says which.
        rollout.watch.look()
    rollout.blue_green()


def _back(rollout: Rollout, old: Fleet, had: int, reason: str) -> None:
    """The requests go first; what is said of it comes after."""
    service, endpoint, traffic = rollout.service, rollout.endpoint, rollout.traffic
    going_back: dict[str, Any] = {"remove": PENDING, "FailureReason": reason}
    if rollout.guardrails.kind != ROLLING:
        traffic.all_to(old)
        change(service, endpoint, "RollingBack", **going_back)
    else:
        change(service, endpoint, "RollingBack", **going_back)
        try:
            rolling.back(rollout, old, had)
        except FleetError as error:
            both = f"{reason} Going back failed, too: {error}"
            change(service, endpoint, "UpdateRollbackFailed", FailureReason=both[:1024])
            return
    rollout.new.retire()
    if not service.tasks.stopping:
        change(service, endpoint, "InService")
