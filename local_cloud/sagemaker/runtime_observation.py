"""What happens beside a request of SageMaker Runtime: it is captured, and copied to the shadow."""

from __future__ import annotations

import time
from dataclasses import replace

from local_cloud.sagemaker.hosting import invocation
from local_cloud.sagemaker.hosting.capture_record import Payload
from local_cloud.sagemaker.hosting.connections import Answer
from local_cloud.sagemaker.hosting.fleet import Fleet
from local_cloud.sagemaker.hosting.invocation import Call
from local_cloud.sagemaker.hosting.observers import Asked
from local_cloud.sagemaker.hosting.variant import NoInstanceError, Variant
from local_cloud.sagemaker.runtime_request import INFERENCE_ID
from local_cloud.sagemaker.service import SageMakerService

MODEL_SECONDS = 60.0
"""A container has to answer within this time."""


class Observation:
    """Of one request to a variant, from when it came; told once how that was answered."""

    def __init__(
        self, service: SageMakerService, call: Call, fleet: Fleet, variant: Variant
    ) -> None:
        self._service = service
        self._call = call
        self._fleet = fleet
        self._variant = variant
        asked = call.question
        self._asked = Asked.now(
            asked.headers.get("Content-Type", ""), asked.body, asked.headers.get(INFERENCE_ID)
        )

    def answered(self, answer: Payload | None) -> None:
        """None: with no 2xx."""
        variant = self._variant.plan["variant"]
        self._fleet.observers.observe(variant, self._asked, answer, ask=self._ask)

    def _ask(self, shadow: Variant) -> Answer:
        copy = replace(self._call, began=time.perf_counter())
        try:
            return invocation.ask(
                self._service, copy, self._fleet, shadow, timeout_seconds=MODEL_SECONDS
            )
        except NoInstanceError:
            # No other fleet is asked for a shadow's answer.
            invocation.note_unanswered(self._service, copy, self._fleet, shadow)
            raise
