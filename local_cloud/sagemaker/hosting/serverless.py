"""A serverless variant: processes come with requests and go after an idle time.

As on AWS ("Serverless Inference" in the SageMaker developer guide) a process answers one request
at a time; a request that finds none idle starts one and waits for it (a cold start), up to
MaxConcurrency; beyond that requests are throttled. ProvisionedConcurrency keeps so many processes
ready. AWS does not say after what time it lets an idle one go: here it is
:data:`IDLE_SECONDS`, or what the model's environment says under :data:`IDLE_VARIABLE`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from local_cloud.sagemaker.hosting import metrics
from local_cloud.sagemaker.hosting.connections import OpenAnswer
from local_cloud.sagemaker.hosting.instance import Instance
from local_cloud.sagemaker.hosting.multi_model import ModelNotReadyError
from local_cloud.sagemaker.hosting.plan import VariantPlan
from local_cloud.sagemaker.hosting.question import Question
from local_cloud.sagemaker.hosting.variant import NoInstanceError, Variant, VariantError, opened
from local_cloud.sagemaker.service import SageMakerService

IDLE_SECONDS = 300.0
IDLE_VARIABLE = "LOCAL_CLOUD_SERVERLESS_IDLE_SECONDS"
MOST_PAUSE_SECONDS = 0.5
LOOKS = 4
"""How often within the idle time it is looked for processes to end."""


class ThrottledError(Exception):
    """MaxConcurrency requests are under way already."""


@dataclass(eq=False)
class _Start:
    """A process on its way up."""

    failure: str
    """Why it did not come, where it did not."""
    wanted: bool = True
    """Whether a request waits for it."""
    done: threading.Event = field(default_factory=threading.Event)
    instance: Instance | None = None
    """Once it is there, and busy with the request that waited."""


class ServerlessVariant(Variant):
    """``plan["serverless"]`` says how many requests it takes at once."""

    def __init__(
        self, service: SageMakerService, endpoint: str, plan: VariantPlan, deployment: str
    ) -> None:
        super().__init__(service, endpoint, plan, deployment)
        given = plan["container"]["environment"].get(IDLE_VARIABLE)
        idle = service.settings.shortened(IDLE_SECONDS)
        self._idle_seconds = idle if given is None else float(given)
        self._busy: set[Instance] = set()
        self._idle_since: dict[Instance, float] = {}
        self._starts: list[_Start] = []
        self._slots = 0
        self._ended = threading.Event()
        self._watching = False

    @property
    def concurrent(self) -> int:
        """Requests that are being answered or wait for a cold start."""
        return self._slots

    def scale(self, count: int, *, cancelled: Callable[[], bool]) -> bool:
        """Have the provisioned processes; at the start one in any case, so that a container that
        does not come up fails the endpoint and not its first request. ``count`` is for variants
        with instances."""
        del count
        wanted = max(self._provisioned, 0 if self._watching else 1)
        missing = wanted - len(self.instances)
        if missing > 0 and not self._add(missing, cancelled):
            return False
        if not self._watching:
            self._watching = True
            name = f"serverless {self._endpoint} {self.plan['variant']}"
            self._service.tasks.start(name, self._end_idle)
        return True

    def stop(self) -> None:
        self._ended.set()
        super().stop()

    def open(self, question: Question, timeout_seconds: float) -> OpenAnswer:
        """Raises ThrottledError, ModelNotReadyError, NoInstanceError, ContainerGoneError,
        InvocationTimeoutError."""
        for _ in range(2):
            with ExitStack() as held:
                held.enter_context(self._slot())
                instance = self._reserve(timeout_seconds)
                held.callback(self._release, instance)
                held.enter_context(instance.request())
                answer = opened(instance, question, timeout_seconds, held)
            if answer is not None:
                return answer
            # It has ended since it was last asked: another one has not.
        raise NoInstanceError(
            f"The processes of variant {self.plan['variant']} of endpoint {self._endpoint} end "
            f"before they are asked. The logs are in {self.folder}."
        )

    @property
    def _provisioned(self) -> int:
        return self.plan["serverless"].get("ProvisionedConcurrency", 0)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        with self._lock:
            if self._slots >= self.plan["serverless"]["MaxConcurrency"]:
                raise ThrottledError(f"{self._slots} requests are under way")
            self._slots += 1
        try:
            yield
        finally:
            with self._lock:
                self._slots -= 1

    def _reserve(self, seconds: float) -> Instance:
        """An idle process, the one that was asked last; else a new one, which must be there within
        so many seconds."""
        with self._lock:
            idle = [
                one
                for one in self._instances
                if one not in self._busy and one.healthy and one.running
            ]
            if idle:
                chosen = max(idle, key=lambda one: self._idle_since.get(one, 0.0))
                self._busy.add(chosen)
                return chosen
        return self._cold_start(seconds)

    def _cold_start(self, seconds: float) -> Instance:
        with self._lock:
            start = next((one for one in self._starts if not one.wanted), None)
            if start is not None:
                # A request before gave up waiting for it.
                start.wanted = True
        if start is None:
            start = self._start_another()
        if not start.done.wait(seconds):
            with self._lock:
                if not start.done.is_set():
                    start.wanted = False
                    raise ModelNotReadyError(self.plan["variant"])
        if start.instance is None:
            raise NoInstanceError(start.failure)
        return start.instance

    def _start_another(self) -> _Start:
        start = _Start(failure=f"Endpoint {self._endpoint} is being deleted.")
        with self._lock:
            self._starts.append(start)
        name = f"cold start {self._endpoint} {self.plan['variant']}"
        self._service.tasks.start(name, lambda: self._bring_up(start))
        return start

    def _bring_up(self, start: _Start) -> None:
        began, new = time.monotonic(), list[Instance]()
        try:
            new = self._begin(1, cancelled=self._is_over)
        except VariantError as error:
            start.failure = f"A cold start failed. {error}"
        finally:
            with self._lock:
                self._starts.remove(start)
                if new and start.wanted:
                    start.instance = new[0]
                    self._busy.add(new[0])
                start.done.set()
        if not new:
            return
        metrics.of(self._service).put_of_variant(
            "ModelSetupTime",
            metrics.MICROSECONDS,
            metrics.rounded((time.monotonic() - began) * 1e6),
            endpoint=self._endpoint,
            variant=self.plan["variant"],
        )
        self._take_up(new)
        if self._is_over():
            # Nobody waited for it, so that the variant may have ended meanwhile.
            self._end(new, drain=True)

    def _release(self, instance: Instance) -> None:
        with self._lock:
            self._busy.discard(instance)
            self._idle_since[instance] = time.monotonic()

    def _is_over(self) -> bool:
        return self._ended.is_set() or self._service.tasks.stopping

    def _end_idle(self) -> None:
        # Looked at often: a local cloud that stops does not wait for this thread.
        pause = min(self._idle_seconds / LOOKS, MOST_PAUSE_SECONDS)
        while not self._ended.wait(pause) and not self._is_over():
            self._end(self._idle_too_long(), drain=True)

    def _idle_too_long(self) -> list[Instance]:
        """Out of the rotation, so that none of them is asked meanwhile; the provisioned stay."""
        now = time.monotonic()
        with self._lock:
            idle = [one for one in self._instances if one not in self._busy]
            for one in idle:
                self._idle_since.setdefault(one, now)
            idle.sort(key=lambda one: self._idle_since[one])
            spare = max(0, len(self._instances) - self._provisioned)
            gone = [one for one in idle if now - self._idle_since[one] > self._idle_seconds][:spare]
            self._instances = [one for one in self._instances if one not in gone]
            for one in gone:
                del self._idle_since[one]
        return gone
