"""All servers of one deployment of an endpoint, and the way of a request to one of them."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from local_cloud.sagemaker.hosting.observers import Observers
from local_cloud.sagemaker.hosting.plan import Plan
from local_cloud.sagemaker.hosting.variant import START_ERRORS, Variant
from local_cloud.sagemaker.service import SageMakerService

DRAIN_SECONDS = 65.0
"""A request takes 60 s at most."""
LOOK_SECONDS = 0.5
REASON_CHARACTERS = 1024
"""Length of a FailureReason."""


class FleetError(Exception):
    """A variant did not come up; the message is the endpoint's FailureReason."""


class Fleet:
    def __init__(self, service: SageMakerService, endpoint: str, plan: Plan) -> None:
        self.plan = plan
        self._variants = [
            Variant(service, endpoint, variant, plan["deployment"]) for variant in plan["variants"]
        ]
        self._weights = {variant["variant"]: variant["weight"] for variant in plan["variants"]}
        self._tasks = service.tasks
        self.observers = Observers(service, endpoint, plan)
        self._idle = threading.Condition()
        self._in_flight = 0

    def start(self, *, cancelled: Callable[[], bool]) -> bool:
        """Bring all variants up, side by side; False if cancelled.

        Raises FleetError with the reasons of all that did not come up; the others are ended.
        """
        try:
            with ThreadPoolExecutor(len(self._variants)) as pool:
                outcomes = list(pool.map(lambda one: _start(one, cancelled), self._variants))
        except BaseException:
            self._end_all()
            raise
        reasons = [outcome for outcome in outcomes if isinstance(outcome, str)]
        if reasons or not all(outcomes):
            self._end_all()
        if reasons:
            raise FleetError("; ".join(reasons)[:REASON_CHARACTERS])
        if not all(outcomes):
            return False
        for variant in self._variants:
            variant.serving = True
        return True

    def pick(self, target: str | None) -> Variant | None:
        """The variant asked for, else one by chance as the weights say; None if there is none."""
        if target is not None:
            return next((one for one in self._variants if one.plan["variant"] == target), None)
        shares = self._weights
        weights = [shares[one.plan["variant"]] for one in self._variants]
        if not any(weights):
            return None
        return random.choices(self._variants, weights)[0]  # noqa: S311 - traffic, not secrets

    def healthy_instances(self) -> int:
        """How many servers of the production variants run."""
        servers = [variant.server for variant in self._variants]
        return sum(server is not None and server.exit_status is None for server in servers)

    def reweigh(self, weights: Mapping[str, float]) -> None:
        """The shares of the next requests, by variant; at least one is above 0."""
        self._weights = dict(weights)

    def enter(self) -> None:
        """One more request is on its way; only the registry calls this, under its lock."""
        with self._idle:
            self._in_flight += 1

    def leave(self) -> None:
        with self._idle:
            self._in_flight -= 1
            self._idle.notify_all()

    def retire(self) -> None:
        """Let the requests on their way end, then end the servers; their logs stay."""
        deadline = time.monotonic() + DRAIN_SECONDS
        with self._idle:
            while self._in_flight and time.monotonic() < deadline and not self._tasks.stopping:
                self._idle.wait(LOOK_SECONDS)
        self._end_all()

    def _end_all(self) -> None:
        self.observers.close()
        for variant in self._variants:
            variant.stop()
            variant.remove_files()


def _start(variant: Variant, cancelled: Callable[[], bool]) -> bool | str:
    """Whether it came up, or why it did not."""
    try:
        return variant.start(cancelled=cancelled)
    except START_ERRORS as error:
        text = getattr(error, "message", None) or str(error)
        name = variant.plan["variant"]
        lines = variant.last_lines()
        reason = (
            f"The primary container for production variant {name} did not pass the ping health "
            f"check. Please check CloudWatch logs for this endpoint. Cause: {text}."
        )
        return f"{reason} The log ends with:\n{lines[-600:]}" if lines else reason
