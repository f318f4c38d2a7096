"""What happens beside a request, without delaying or changing its answer: it is captured, and
copied to the shadow variant."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from local_cloud.sagemaker.hosting.capture_record import SHADOW, Exchange, Payload, captures
from local_cloud.sagemaker.hosting.data_capture import Capture
from local_cloud.sagemaker.hosting.plan import Plan, all_variants
from local_cloud.sagemaker.hosting.server import Answer
from local_cloud.sagemaker.hosting.shadow import Copies
from local_cloud.sagemaker.hosting.variant import Variant
from local_cloud.sagemaker.service import SageMakerService

OCTETS = "application/octet-stream"


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

    def __init__(
        self,
        service: SageMakerService,
        endpoint: str,
        plan: Plan,
        shadow: Variant | None,
        shadow_share: Callable[[], float],
    ) -> None:
        """``shadow_share()`` is the part of the requests that ``shadow`` gets copies of."""
        self._capture: Capture | None = None
        config = plan.get("capture")
        if config is not None and captures(config):
            roles = {variant["variant"]: variant["role"] for variant in all_variants(plan)}
            self._capture = Capture(service, endpoint, config, roles.__getitem__)
        self._shadow = shadow
        self._shadow_share = shadow_share
        self._copies = None if shadow is None else Copies(endpoint)

    def observe(
        self,
        variant: str,
        asked: Asked,
        answer: Payload | None,
        *,
        ask: Callable[[Variant], Answer],
    ) -> None:
        """A variant has answered a request (None: with no 2xx); ``ask`` asks another the same."""
        # Of a request, either both variants' exchanges are captured or none: they can be compared.
        capture = self._capture
        sampled = capture if capture is not None and capture.sampled() else None
        if sampled is not None and answer is not None:
            sampled.add(_exchange(variant, asked, answer))
        if self._copies is not None and self._shadow is not None:
            shadow = self._shadow
            self._copies.send(
                self._shadow_share(), lambda: _ask_shadow(shadow, asked, ask, sampled)
            )

    def close(self) -> None:
        """Finish what is at work; called once no more requests come."""
        if self._copies is not None:
            self._copies.close()
        if self._capture is not None:
            self._capture.close()


def _ask_shadow(
    shadow: Variant, asked: Asked, ask: Callable[[Variant], Answer], capture: Capture | None
) -> None:
    answer = ask(shadow)
    if capture is not None and 200 <= answer.status < 300:
        answered = Payload(
            content_type=answer.headers.get("content-type", OCTETS), body=answer.body
        )
        capture.add(_exchange(shadow.plan["variant"], asked, answered, source=SHADOW))


def _exchange(
    variant: str, asked: Asked, answer: Payload, *, source: str | None = None
) -> Exchange:
    return Exchange(
        variant=variant,
        event_id=asked.event_id,
        at=asked.at,
        request=asked.request,
        answer=answer,
        inference_id=asked.inference_id,
        source=source,
    )
