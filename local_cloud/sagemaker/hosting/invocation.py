"""One request to a variant, and what it adds to the endpoint's metrics."""

from __future__ import annotations

import time
from dataclasses import dataclass

from local_cloud.sagemaker.hosting import metrics
from local_cloud.sagemaker.hosting.connections import Answer, ContainerError, OpenAnswer
from local_cloud.sagemaker.hosting.fleet import Fleet
from local_cloud.sagemaker.hosting.metrics import NO_ANSWER, Invocation
from local_cloud.sagemaker.hosting.question import Question
from local_cloud.sagemaker.hosting.variant import Variant
from local_cloud.sagemaker.service import SageMakerService


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request as InvokeEndpoint got it."""

    endpoint: str
    target: str | None
    """The variant that it is for; None for any."""
    question: Question
    began: float
    """When it came, on the clock of time.perf_counter."""
    asynchronous: bool = False
    """Whether it came by InvokeEndpointAsync."""
    streamed: bool = False
    """Whether it came by InvokeEndpointWithResponseStream."""


def ask(
    service: SageMakerService,
    call: Call,
    fleet: Fleet,
    variant: Variant,
    *,
    timeout_seconds: float,
) -> Answer:
    """The whole answer. Raises as :func:`begin`."""
    return begin(service, call, fleet, variant, timeout_seconds=timeout_seconds).read()


def begin(
    service: SageMakerService,
    call: Call,
    fleet: Fleet,
    variant: Variant,
    *,
    timeout_seconds: float,
) -> OpenAnswer:
    """An answer that has begun, and that counts in the metrics once it is closed.

    Raises NoInstanceError, which counts in no metric: another fleet may answer the request;
    ContainerGoneError, InvocationTimeoutError.
    """
    concurrent = variant.concurrent + 1
    asked = time.perf_counter()

    def note(status: int) -> None:
        _note(service, call, fleet, variant, status, concurrent=concurrent, asked=asked)

    try:
        answer = variant.open(call.question, timeout_seconds)
    except ContainerError:
        note(NO_ANSWER)
        raise
    # Of a stream that breaks off, the container had answered: that counts as MidStreamErrors.
    answer.on_close(
        lambda: note(NO_ANSWER if answer.broken and not call.streamed else answer.status)
    )
    return answer


def note_unanswered(service: SageMakerService, call: Call, fleet: Fleet, variant: Variant) -> None:
    """No instance could take the request."""
    now = time.perf_counter()
    _note(service, call, fleet, variant, NO_ANSWER, concurrent=1, asked=now)


def _note(
    service: SageMakerService,
    call: Call,
    fleet: Fleet,
    variant: Variant,
    status: int,
    *,
    concurrent: int,
    asked: float,
) -> None:
    metrics.of(service).add(
        Invocation(
            endpoint=call.endpoint,
            variant=variant.plan["variant"],
            config=fleet.plan["config"],
            status=status,
            instances=len(variant.instances),
            concurrent=concurrent,
            model_seconds=time.perf_counter() - asked,
            overhead_seconds=asked - call.began,
            asynchronous=call.asynchronous,
        )
    )
