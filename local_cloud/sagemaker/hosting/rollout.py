"""The steps of an update under its guardrails: shift, bake, shift on, or go back.

On AWS the alarms are looked at while traffic bakes: after each shift for the wait interval, and
at the end for TerminationWaitInSeconds. AWS says no more of the "final baking period" than that
it precedes the termination wait; here it is one more wait interval.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from local_cloud.sagemaker.hosting import alarms, progress
from local_cloud.sagemaker.hosting.fleet import Fleet
from local_cloud.sagemaker.hosting.guardrails import CANARY, Guardrails
from local_cloud.sagemaker.hosting.traffic import ALL, Traffic
from local_cloud.sagemaker.service import SageMakerService

LOOK_SECONDS = 0.2


class RollBackError(Exception):
    """The update must not go on; the message is the endpoint's FailureReason."""


class InterruptedByStopError(Exception):
    """The local cloud stops; the update is taken up anew when it starts."""


@dataclass(kw_only=True)
class Watch:
    """What can end an update before its time. Times in seconds since the epoch."""

    service: SageMakerService
    guardrails: Guardrails
    began: float
    saved: float = 0.0
    """Seconds that shortened waits would have taken on AWS besides those that they took: the
    time limit counts them."""
    tripped: set[str] = field(default_factory=set)

    def look(self) -> None:
        """Raises RollBackError for an alarm or the timeout, InterruptedByStopError."""
        if self.service.tasks.stopping:
            raise InterruptedByStopError
        states = alarms.states(self.service, self.guardrails.alarms)
        tripped = sorted(name for name, state in states.items() if state == "ALARM")
        if tripped:
            raise RollBackError(
                "The update was rolled back because these alarms of its "
                f"AutoRollbackConfiguration are in state ALARM: {', '.join(tripped)}."
            )
        if self.timed_out():
            raise RollBackError(timeout_reason(self.guardrails))

    def timed_out(self) -> bool:
        limit = self.guardrails.timeout
        return limit is not None and time.time() + self.saved > self.began + limit

    def bake(self, seconds: float) -> None:
        """Look on for so long, at least once. Raises as :meth:`look`."""
        scale = self.service.settings.time_scale
        since, saved = time.monotonic(), self.saved
        self.look()
        while (left := since + seconds / scale - time.monotonic()) > 0:
            time.sleep(min(LOOK_SECONDS, left))
            self.saved = saved + (time.monotonic() - since) * (scale - 1)
            self.look()


def timeout_reason(guardrails: Guardrails) -> str:
    return (
        "The update was rolled back because it did not end within its "
        f"MaximumExecutionTimeoutInSeconds of {guardrails.timeout}."
    )


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """One update of an endpoint from a fleet in service to a new one."""

    service: SageMakerService
    endpoint: str
    guardrails: Guardrails
    traffic: Traffic
    new: Fleet
    watch: Watch

    def blue_green(self) -> None:
        """Shift the traffic to the new fleet, which is up. Raises RollBackError,
        InterruptedByStopError."""
        smallest = max(1, min(self.new.planned.values()))
        for share in self.guardrails.shares(smallest):
            self.shift(share)
        self._bake(self.guardrails.termination_wait, "TerminationWaitInSeconds", ALL)

    def shift(self, share: Fraction) -> None:
        """Let the new fleet take so much of the traffic, and bake. Raises RollBackError,
        InterruptedByStopError."""
        self.say(progress.ACTIVATING, f"Activating traffic on {self._capacity(share)}.", share)
        self.traffic.share(self.new, share)
        self._bake(self.guardrails.wait, "WaitIntervalInSeconds", share)

    def _bake(self, seconds: int, which: str, share: Fraction) -> None:
        if seconds:
            message = (
                f"Baking for {seconds} seconds ({which}) with traffic enabled on "
                f"{self._capacity(share)}."
            )
            self.say(progress.BAKING, message, share)
        self.watch.bake(seconds)

    def _capacity(self, share: Fraction) -> str:
        total = sum(self._active(share).values())
        if share == ALL:
            return f"full capacity of {total} instance(s)"
        kind = "canary" if self.guardrails.kind == CANARY else "partial"
        return f"{kind} capacity of {total} instance(s)"

    def _active(self, share: Fraction) -> dict[str, int]:
        return {name: math.ceil(share * count) for name, count in self.new.planned.items()}

    def say(self, status: str, message: str, share: Fraction) -> None:
        """Publish a step, with so much of the new fleet taking traffic."""
        active = self._active(share)
        progress.say(self.service, self.endpoint, status, message, active=active)


def cancelled_by(watch: Watch) -> Callable[[], bool]:
    """Whether instances that are being started are no longer wanted."""
    return lambda: watch.service.tasks.stopping or watch.timed_out()
