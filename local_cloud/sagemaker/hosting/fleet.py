"""All instances of one deployment of an endpoint, and the way of a request to a variant."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from local_cloud.sagemaker.hosting.instance import HealthRule
from local_cloud.sagemaker.hosting.observers import Observers
from local_cloud.sagemaker.hosting.plan import Plan, VariantPlan, all_variants
from local_cloud.sagemaker.hosting.serverless import ServerlessVariant
from local_cloud.sagemaker.hosting.shadow import share
from local_cloud.sagemaker.hosting.variant import Variant, VariantError
from local_cloud.sagemaker.service import SageMakerService

BUSY_SECONDS = 65.0
"""A real-time request is answered, or its next piece is there, within 60 s."""
DRAIN_SECONDS = 485.0
"""A stream takes 8 minutes at most; an asynchronous request is asked again."""
LOOK_SECONDS = 0.5
ASYNCHRONOUS_SECONDS = 3_605.0
"""InvocationTimeoutSeconds of an asynchronous request is an hour at most."""
REASON_CHARACTERS = 1024
"""Length of a FailureReason."""


class FleetError(Exception):
    """A variant did not come up; the message is the endpoint's FailureReason."""


class Fleet:
    def __init__(self, service: SageMakerService, endpoint: str, plan: Plan) -> None:
        self.plan = plan
        self.folder = service.settings.endpoints_dir / endpoint / plan["deployment"]
        """Where its instances' files and logs are."""
        self._variants = [make_variant(service, endpoint, plan, one) for one in plan["variants"]]
        self._shadows = [
            make_variant(service, endpoint, plan, one) for one in plan.get("shadows", [])
        ]
        self._weights = {one["variant"]: one["weight"] for one in all_variants(plan)}
        self._tasks = service.tasks
        self.observers = Observers(service, endpoint, plan, self.shadow, self._shadow_share)
        self._idle = threading.Condition()
        self._in_flight = 0
        self._ended = False

    @property
    def planned(self) -> dict[str, int]:
        """How many instances the plan gives each variant."""
        return {one["variant"]: one["instances"] for one in self.plan["variants"]}

    @property
    def counts(self) -> dict[str, int]:
        """How many instances each variant has now."""
        return {one.plan["variant"]: len(one.instances) for one in self._variants}

    def start(self, *, cancelled: Callable[[], bool]) -> bool:
        """As :meth:`start_with` as many instances as planned."""
        return self.start_with(self.planned, cancelled=cancelled)

    def start_with(self, counts: Mapping[str, int], *, cancelled: Callable[[], bool]) -> bool:
        """Bring all variants up, side by side, with so many instances; False if cancelled.

        Raises FleetError with the reasons of all that did not come up; the others are ended.
        """
        try:
            up = self.scale(counts, cancelled=cancelled)
        except BaseException:
            self._end_all()
            raise
        if not up:
            self._end_all()
        return up

    def scale(self, counts: Mapping[str, int], *, cancelled: Callable[[], bool]) -> bool:
        """Have so many instances of each variant, without a failed request; False if cancelled.

        Raises FleetError with the reasons of all that did not come up; those that did, stay.
        """

        def scale(one: Variant) -> bool | str:
            # An update steps through the counts of production variants alone.
            count = counts.get(one.plan["variant"], one.plan["instances"])
            return _scale(one, count, cancelled)

        variants = [*self._variants, *self._shadows]
        with ThreadPoolExecutor(len(variants)) as pool:
            outcomes = list(pool.map(scale, variants))
        reasons = [outcome for outcome in outcomes if isinstance(outcome, str)]
        if reasons:
            raise FleetError("; ".join(reasons)[:REASON_CHARACTERS])
        return all(outcomes)

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
        """How many instances of the production variants take requests."""
        instances = [one for variant in self._variants for one in variant.instances]
        return sum(one.running and one.healthy for one in instances)

    @property
    def shadow(self) -> Variant | None:
        """What gets copies of requests."""
        return self._shadows[0] if self._shadows else None

    def _shadow_share(self) -> float:
        """How much of the requests is copied, from 0 to 1."""
        names = [one.plan["variant"] for one in (*self._shadows, *self._variants)]
        shadow, production = (self._weights[name] for name in names[:2])
        return share(shadow, production)

    def take(self, plan: Plan) -> None:
        """Follow another plan for the same variants; instances come with :meth:`scale`."""
        plans = {one["variant"]: one for one in all_variants(plan)}
        for variant in (*self._variants, *self._shadows):
            variant.plan = plans[variant.plan["variant"]]
        self.plan = plan

    def reweigh(self, weights: Mapping[str, float]) -> None:
        """The weights for the next requests, by variant; one of production is above 0."""
        self._weights = dict(weights)

    def enter(self) -> None:
        """One more request is on its way; only its endpoint's Traffic calls this."""
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
        if self._ended:
            return
        self._ended = True
        self.observers.close()
        variants = [*self._variants, *self._shadows]
        with ThreadPoolExecutor(len(variants)) as pool:
            list(pool.map(lambda one: one.stop(), variants))


def make_variant(
    service: SageMakerService, endpoint: str, plan: Plan, variant: VariantPlan
) -> Variant:
    """With instances or, where it has a ServerlessConfig, with processes that come and go."""
    deployment = plan["deployment"]
    if "serverless" in variant:
        return ServerlessVariant(service, endpoint, variant, deployment)
    # A server of one thread is busy for as long as a request may take.
    asynchronous = "asynchronous" in plan
    health = HealthRule(
        busy_seconds=ASYNCHRONOUS_SECONDS if asynchronous else BUSY_SECONDS,
        drain_seconds=ASYNCHRONOUS_SECONDS if asynchronous else DRAIN_SECONDS,
    )
    return Variant(service, endpoint, variant, deployment, health=health)


def _scale(variant: Variant, count: int, cancelled: Callable[[], bool]) -> bool | str:
    try:
        return variant.scale(count, cancelled=cancelled)
    except VariantError as error:
        return str(error)
