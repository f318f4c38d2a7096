"""How a transform job asks its container: from the request, else the container, else defaults.

Contract: "Use Your Own Inference Code with Batch Transform" in the SageMaker developer guide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.hosting.server import (
    ContainerGoneError,
    InvocationTimeoutError,
    ModelServer,
)

MOST_MEGABYTES = 100
PATH = "/execution-parameters"
SECONDS = 10.0
STRATEGIES = {"SingleRecord": "SINGLE_RECORD", "MultiRecord": "MULTI_RECORD"}
"""As the API writes them -> as containers do."""
# The request's member -> the variable that tells the container of it.
_VARIABLES = {
    "MaxConcurrentTransforms": "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS",
    "BatchStrategy": "SAGEMAKER_BATCH_STRATEGY",
    "MaxPayloadInMB": "SAGEMAKER_MAX_PAYLOAD_IN_MB",
}


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """``payload_megabytes`` 0 means no limit."""

    concurrency: int = 1
    strategy: str = "MultiRecord"
    payload_megabytes: int = 6
    timeout_seconds: int = 600
    retries: int = 3

    def __str__(self) -> str:
        """As SageMaker's own log says them."""
        return (
            f"MaxConcurrentTransforms={self.concurrency}, MaxPayloadInMB={self.payload_megabytes}, "
            f"BatchStrategy={STRATEGIES[self.strategy]}"
        )


def check(request: Mapping[str, Any]) -> None:
    """Raises ValidationException."""
    payload, concurrency = request.get("MaxPayloadInMB", 6), request.get("MaxConcurrentTransforms")
    if payload > MOST_MEGABYTES:
        raise ValidationException(
            f"MaxPayloadInMB cannot be greater than {MOST_MEGABYTES} MB; it is {payload}."
        )
    if concurrency is not None and concurrency * payload > MOST_MEGABYTES:
        raise ValidationException(
            f"MaxConcurrentTransforms * MaxPayloadInMB cannot exceed {MOST_MEGABYTES} MB; it is "
            f"{concurrency} * {payload} = {concurrency * payload}."
        )


def environment(request: Mapping[str, Any]) -> dict[str, str]:
    """What the container is told of the request, and that this is a transform job."""
    told = {
        variable: STRATEGIES.get(str(request[member]), str(request[member]))
        for member, variable in _VARIABLES.items()
        if member in request
    }
    return {"SAGEMAKER_BATCH": "true", **told}


def resolve(request: Mapping[str, Any], offered: Mapping[str, Any]) -> Parameters:
    """The request's own before what the container offered."""
    written = {value: name for name, value in STRATEGIES.items()}
    strategy = request.get("BatchStrategy") or written.get(str(offered.get("BatchStrategy")))
    client = request.get("ModelClientConfig", {})
    # 0 asks for the container's own number, or 1.
    concurrency = request.get("MaxConcurrentTransforms") or offered.get("MaxConcurrentTransforms")
    payload = request.get("MaxPayloadInMB", offered.get("MaxPayloadInMB", 6))
    return Parameters(
        concurrency=max(1, int(concurrency or 1)),
        strategy=strategy or "MultiRecord",
        payload_megabytes=min(int(payload), MOST_MEGABYTES),
        timeout_seconds=client.get("InvocationsTimeoutInSeconds", 600),
        retries=client.get("InvocationsMaxRetries", 3),
    )


def offered_by(server: ModelServer) -> dict[str, Any]:
    """What the container answers to GET /execution-parameters; empty where it offers nothing
    that can be used, as on SageMaker."""
    try:
        answer = server.get(PATH, SECONDS)
        content = json.loads(answer.body) if answer.status == 200 else {}
    except (ContainerGoneError, InvocationTimeoutError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    numbers = ("MaxConcurrentTransforms", "MaxPayloadInMB")
    return {
        name: value
        for name, value in content.items()
        if name == "BatchStrategy" or (name in numbers and type(value) is int and value >= 0)
    }
