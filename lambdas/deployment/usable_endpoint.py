"""The endpoint, if something can be asked of it now."""

from __future__ import annotations

from typing import Any

from lambdas.deployment.endpoint import (
    FAILED,
    IN_SERVICE,
    Endpoint,
    delete_endpoint,
    find_endpoint,
)


class EndpointBusy(Exception):
    """The endpoint changes right now; the state machine plans again later."""


class EndpointUnusable(Exception):
    """The endpoint is in a status from which only an operator can bring it back."""


def usable_endpoint(sagemaker: Any, name: str) -> Endpoint | None:
    """The endpoint in service, or None if there is none.

    Raises:
        EndpointBusy: plan again later.
        EndpointUnusable: an operator has to act first.
        ClientError: SageMaker refuses.
    """
    endpoint = find_endpoint(sagemaker, name)
    if endpoint is None or endpoint.status == IN_SERVICE:
        return endpoint
    if endpoint.changes:
        raise EndpointBusy(f"{endpoint}; wait until that is over")
    if endpoint.status == FAILED:
        # It serves nothing, and SageMaker lets nothing be done with it but this.
        delete_endpoint(sagemaker, endpoint.name)
        raise EndpointBusy(f"{endpoint}; it is being deleted and then created anew")
    raise EndpointUnusable(
        f"{endpoint}: bring it back with UpdateEndpoint to a configuration that worked, or "
        "delete it; then approve the model package again"
    )
