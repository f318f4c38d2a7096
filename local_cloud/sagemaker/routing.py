"""From a request of SageMaker Runtime to the beginning of a container's answer."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker import runtime_targets
from local_cloud.sagemaker.hosting import invocation, registry
from local_cloud.sagemaker.hosting.connections import (
    ContainerGoneError,
    InvocationTimeoutError,
    OpenAnswer,
)
from local_cloud.sagemaker.hosting.fleet import Fleet
from local_cloud.sagemaker.hosting.invocation import Call
from local_cloud.sagemaker.hosting.model_files import ModelDataError
from local_cloud.sagemaker.hosting.multi_model import ModelNotReadyError
from local_cloud.sagemaker.hosting.serverless import ThrottledError
from local_cloud.sagemaker.hosting.state import KIND
from local_cloud.sagemaker.hosting.variant import NoInstanceError, Variant
from local_cloud.sagemaker.runtime_errors import (
    ValidationError,
    broken_off,
    model_error,
    not_ready,
    timed_out,
    too_large,
)
from local_cloud.sagemaker.runtime_observation import Observation
from local_cloud.sagemaker.runtime_request import MOST_BYTES
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document

logger = logging.getLogger("local_cloud.endpoints")
SERVERLESS_MOST_BYTES = 4 * 1024 * 1024
"""Of a request's body, and of an answer's ("Invoke a serverless endpoint" in the SageMaker
developer guide)."""
# EndpointStatus in which an endpoint takes requests.
_TAKES_REQUESTS = (
    "InService",
    "Updating",
    "SystemUpdating",
    "RollingBack",
    "UpdateRollbackFailed",
)


@dataclass(frozen=True, kw_only=True)
class Routed:
    """A request that a container has begun to answer with a 2xx."""

    call: Call
    fleet: Fleet
    variant: Variant
    answer: OpenAnswer
    observation: Observation

    @property
    def most_bytes(self) -> int:
        """That the answer's body may have."""
        return _most_bytes(self.variant)


@contextmanager
def routed(service: SageMakerService, call: Call, *, timeout_seconds: float) -> Iterator[Routed]:
    """The request on its way: no instance that answers it ends before the block does. An
    ApiError out of the block is how it was answered.

    Raises ApiError: ValidationError, ModelError, ThrottlingException, ServiceUnavailable,
    InternalFailure.
    """
    check_takes_requests(service, call.endpoint)
    passed_over: list[Fleet] = []
    while True:
        with ExitStack() as on:
            known = registry.of(service)
            fleet = on.enter_context(known.request_to(call.endpoint, passed_over))
            if fleet is None:
                raise _unavailable(call.endpoint, passed_over)
            _check_synchronous(call.endpoint, fleet)
            variant = _variant(call, fleet)
            observation = Observation(service, call, fleet, variant)
            try:
                answer = on.enter_context(_begun(service, call, fleet, variant, timeout_seconds))
                yield Routed(
                    call=call,
                    fleet=fleet,
                    variant=variant,
                    answer=answer,
                    observation=observation,
                )
            except ApiError:
                observation.answered(None)
                raise
            except NoInstanceError:
                # Nothing of the request was sent: during an update another fleet can answer it.
                passed_over.append(fleet)
                if not known.others(call.endpoint, passed_over):
                    invocation.note_unanswered(service, call, fleet, variant)
                continue
            return


def _begun(
    service: SageMakerService, call: Call, fleet: Fleet, variant: Variant, timeout_seconds: float
) -> OpenAnswer:
    """A 2xx that has begun. Raises NoInstanceError, ApiError."""
    with explained(service, call, variant):
        answer = invocation.begin(service, call, fleet, variant, timeout_seconds=timeout_seconds)
        if 200 <= answer.status < 300:
            return answer
        whole = answer.read()
    raise model_error(service.settings, call.endpoint, answer.container, whole.status, whole.body)


@contextmanager
def explained(service: SageMakerService, call: Call, variant: Variant) -> Iterator[None]:
    """Say what hinders a container to answer as SageMaker says it."""
    try:
        yield
    except ThrottledError as error:
        raise ApiError("ThrottlingException", f"Rate exceeded: {error}.") from error
    except ModelNotReadyError as error:
        raise not_ready() from error
    except ModelDataError as error:
        raise ValidationError(str(error)) from error
    except InvocationTimeoutError as error:
        raise timed_out(service.settings, call.endpoint, error.container) from error
    except ContainerGoneError as error:
        logger.warning("%s: the container broke a request off: %s", call.endpoint, error)
        raise broken_off(variant.folder, error) from error


def check_takes_requests(service: SageMakerService, name: str) -> Document:
    """The endpoint. Raises ValidationError where it is not there or does not serve."""
    document = service.store.find(KIND, name)
    if document is None or document["EndpointStatus"] not in _TAKES_REQUESTS:
        account = service.settings.account_id
        state = "" if document is None else f" It is in status {document['EndpointStatus']}."
        raise ValidationError(f"Endpoint {name} of account {account} not found.{state}")
    return document


def _unavailable(name: str, passed_over: Sequence[Fleet]) -> ApiError:
    where = "the local cloud is starting it again"
    if passed_over:
        logs = passed_over[0].folder
        where = f"its containers ended and are being restarted. The logs are in {logs}"
    message = f"Endpoint {name} has no healthy instance in service: {where}."
    return ApiError("ServiceUnavailable", message, status=503)


def _check_synchronous(name: str, fleet: Fleet) -> None:
    if "asynchronous" in fleet.plan:
        raise ValidationError(
            f"Endpoint {name} is asynchronous (its endpoint configuration has an "
            "AsyncInferenceConfig): it is invoked by InvokeEndpointAsync, not by InvokeEndpoint."
        )


def _variant(call: Call, fleet: Fleet) -> Variant:
    """The one that is to answer. Raises ValidationError."""
    variant = fleet.pick(call.target)
    if variant is None:
        raise ValidationError(f"Variant {call.target} not found for Endpoint {call.endpoint}.")
    runtime_targets.check(call.endpoint, variant.plan, call.question)
    most = _most_bytes(variant)
    if len(call.question.body) > most:
        raise too_large(most)
    return variant


def _most_bytes(variant: Variant) -> int:
    return SERVERLESS_MOST_BYTES if "serverless" in variant.plan else MOST_BYTES
