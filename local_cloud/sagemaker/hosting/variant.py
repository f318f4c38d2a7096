"""One production variant of a fleet: its instances, and the way of a request to one of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.hosting.connections import NotSentError, OpenAnswer
from local_cloud.sagemaker.hosting.instance import HealthRule, Instance
from local_cloud.sagemaker.hosting.model_files import ModelDataError
from local_cloud.sagemaker.hosting.plan import VariantPlan
from local_cloud.sagemaker.hosting.question import Question
from local_cloud.sagemaker.hosting.server import ServerError
from local_cloud.sagemaker.service import SageMakerService


class NoInstanceError(Exception):
    """No instance of the variant takes requests; the message says where to look."""


class VariantError(Exception):
    """Instances did not come up; the message is for the endpoint's FailureReason."""


class Variant:
    """Started by :meth:`scale`, which also changes how many instances there are."""

    def __init__(
        self,
        service: SageMakerService,
        endpoint: str,
        plan: VariantPlan,
        deployment: str,
        *,
        health: HealthRule | None = None,
    ) -> None:
        self.plan = plan
        self.folder: Path = service.settings.endpoints_dir / endpoint / deployment / plan["variant"]
        self._service = service
        self._endpoint = endpoint
        self._health = health or HealthRule()
        self._instances: list[Instance] = []
        self._lock = threading.Lock()
        self._turn = 0

    @property
    def instances(self) -> list[Instance]:
        """Those that take requests or are being replaced."""
        return list(self._instances)

    @property
    def concurrent(self) -> int:
        """Requests that are being answered now."""
        return sum(one.in_flight for one in self.instances)

    def scale(self, count: int, *, cancelled: Callable[[], bool]) -> bool:
        """Have so many instances; False if cancelled, which leaves what there was.

        New ones take requests once they are healthy; of those that go, the requests on their way
        are answered first. Raises VariantError: then there are as many as before.
        """
        there = self.instances
        if count > len(there):
            return self._add(count - len(there), cancelled)
        self._end(there[count:], drain=True)
        return True

    def stop(self) -> None:
        """End all instances; the requests on their way have ended, or are given up."""
        self._end(self.instances, drain=False)

    def open(self, question: Question, timeout_seconds: float) -> OpenAnswer:
        """Ask the instance with the fewest requests under way; one that takes no connection has
        not seen the request, which then goes to another.

        Raises NoInstanceError, ContainerGoneError, InvocationTimeoutError.
        """
        tried: list[Instance] = []
        while (instance := self._least_busy(tried)) is not None:
            tried.append(instance)
            with ExitStack() as held:
                held.callback(instance.leave)
                answer = opened(instance, question, timeout_seconds, held)
            if answer is not None:
                return answer
        raise NoInstanceError(
            f"Variant {self.plan['variant']} of endpoint {self._endpoint} has no healthy "
            f"instance: its containers ended and are being restarted. The logs are in "
            f"{self.folder}."
        )

    def _least_busy(self, tried: Iterable[Instance]) -> Instance | None:
        """Entered already: one that is taken out of the rotation now waits for the request."""
        with self._lock:
            running = [one for one in self._instances if one.running and one not in tried]
            # One that hangs is asked only where there is no other.
            candidates = [one for one in running if one.healthy] or running
            if not candidates:
                return None
            # Among equals they take turns.
            self._turn += 1
            ordered = candidates[self._turn % len(candidates) :] + candidates
            chosen = min(ordered[: len(candidates)], key=lambda one: one.in_flight)
            chosen.enter()
            return chosen

    def _add(self, count: int, cancelled: Callable[[], bool]) -> bool:
        new = self._begin(count, cancelled)
        self._take_up(new)
        return len(new) == count

    def _begin(self, count: int, cancelled: Callable[[], bool]) -> list[Instance]:
        """So many healthy instances, which take no requests yet; none if cancelled."""
        new = [
            Instance(self._service, self._endpoint, self.plan, self.folder, health=self._health)
            for _ in range(count)
        ]
        try:
            with ThreadPoolExecutor(len(new)) as pool:
                outcomes = list(pool.map(lambda one: _start(one, cancelled), new))
        except BaseException:
            self._end(new, drain=False)
            raise
        reasons = [outcome for outcome in outcomes if isinstance(outcome, str)]
        if reasons or not all(outcomes):
            self._end(new, drain=False)
        if reasons:
            raise VariantError(reasons[0])
        return new if all(outcomes) else []

    def _take_up(self, instances: list[Instance]) -> None:
        """Requests go to these, too, from now on."""
        with self._lock:
            for instance in instances:
                instance.serving = True
            self._instances = [*self._instances, *instances]

    def _end(self, instances: list[Instance], *, drain: bool) -> None:
        """Take them out of the rotation, then end them side by side; their logs stay."""
        with self._lock:
            self._instances = [one for one in self._instances if one not in instances]
        if not instances:
            return
        with ThreadPoolExecutor(len(instances)) as pool:
            list(pool.map(lambda one: one.stop(drain=drain), instances))
        for instance in instances:
            instance.remove_files()


def opened(
    instance: Instance, question: Question, timeout_seconds: float, held: ExitStack
) -> OpenAnswer | None:
    """The instance's answer, which closes what is held at its end; None where the instance takes
    no connection and has not seen the request.

    Raises as :meth:`Instance.open`, but for NotSentError.
    """
    try:
        answer = instance.open(question, timeout_seconds)
    except NotSentError:
        instance.healthy = False
        return None
    answer.on_close(held.pop_all().close)
    return answer


def _start(instance: Instance, cancelled: Callable[[], bool]) -> bool | str:
    """Whether it came up, or why it did not."""
    try:
        return instance.start(cancelled=cancelled)
    except ServerError as error:
        name = instance.plan["variant"]
        lines = instance.last_lines(error.container)
        reason = (
            f"The {error.container} container for production variant {name} did not pass the ping "
            f"health check. Please check CloudWatch logs for this endpoint. Cause: {error}."
        )
        return f"{reason} The log ends with:\n{lines[-600:]}" if lines else reason
    except ModelDataError as error:
        return str(error)
    except ApiError as error:
        return error.message
