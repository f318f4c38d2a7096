"""The CloudWatch alarms that guard an endpoint's update."""

from __future__ import annotations

from collections.abc import Iterable

from local_cloud.ministack_bridge.cloudwatch import CloudWatch
from local_cloud.sagemaker.service import SageMakerService


def states(service: SageMakerService, names: Iterable[str]) -> dict[str, str]:
    """The state of each of these alarms that there is: OK, ALARM or INSUFFICIENT_DATA."""
    settings = service.settings
    return CloudWatch(settings.account_id, settings.region).states(names)
