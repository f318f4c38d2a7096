"""SageMaker's events on the default EventBridge bus.

Shapes: "Events from SageMaker AI" in the SageMaker developer guide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local_cloud import ministack_bridge
from local_cloud.sagemaker import validation
from local_cloud.settings import LocalCloudSettings


class BusEvents:
    """Implements :class:`local_cloud.sagemaker.service.Events`."""

    def __init__(self, settings: LocalCloudSettings) -> None:
        self._settings = settings

    def publish(self, detail_type: str, *, resources: list[str], detail: Mapping[str, Any]) -> None:
        validation.check_event(detail_type, detail)
        event = {
            "Source": "aws.sagemaker",
            "DetailType": detail_type,
            "Time": datetime.now(UTC).isoformat(),
            "Resources": resources,
            "Detail": json.dumps(detail),
            "EventBusName": "default",
        }
        ministack_bridge.put_event(
            event, account_id=self._settings.account_id, region=self._settings.region
        )
