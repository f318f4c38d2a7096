"""What happens beside a request, without delaying or changing its answer: its capture."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from local_cloud.sagemaker.hosting.capture_record import Exchange, Payload, captures
from local_cloud.sagemaker.hosting.data_capture import Capture
from local_cloud.sagemaker.hosting.plan import Plan
from local_cloud.sagemaker.service import SageMakerService


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as it came."""

    event_id: str
    at: datetime
    request: Payload
    inference_id: str | None

    @staticmethod
    def now(content_type: str, body: bytes, inference_id: str | None) -> Asked:
        return Asked(
            event_id=str(uuid.uuid4()),
            at=datetime.now(UTC),
            request=Payload(content_type=content_type, body=body),
            inference_id=inference_id,
        )


class Observers:
    """Those of one fleet."""

    def __init__(self, service: SageMakerService, endpoint: str, plan: Plan) -> None:
        self._capture: Capture | None = None
        config = plan.get("capture")
        if config is not None and captures(config):
            roles = {variant["variant"]: variant["role"] for variant in plan["variants"]}
            self._capture = Capture(service, endpoint, config, roles.__getitem__)

    def observe(self, variant: str, asked: Asked, answer: Payload) -> None:
        """A variant answered a request with 2xx."""
        if self._capture is not None and self._capture.sampled():
            self._capture.add(_exchange(variant, asked, answer))

    def close(self) -> None:
        """Finish what is at work; called once no more requests come."""
        if self._capture is not None:
            self._capture.close()


def _exchange(variant: str, asked: Asked, answer: Payload) -> Exchange:
    return Exchange(
        variant=variant,
        event_id=asked.event_id,
        at=asked.at,
        request=asked.request,
        answer=answer,
        inference_id=asked.inference_id,
    )
