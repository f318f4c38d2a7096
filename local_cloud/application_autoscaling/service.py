"""What every action of Application Auto Scaling is handed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.store import Store
from local_cloud.settings import LocalCloudSettings


@dataclass(frozen=True, kw_only=True)
class AutoscalingService:
    settings: LocalCloudSettings
    store: Store
    sagemaker: Callable[[str, Request], Response]
    """``sagemaker(action, request)``: an action of this local cloud's SageMaker, in process;
    raises ApiError."""
    clock: Callable[[], float] = time.time
    """Epoch seconds."""

    def arn(self, resource: str) -> str:
        settings = self.settings
        return f"arn:aws:application-autoscaling:{settings.region}:{settings.account_id}:{resource}"


Action = Callable[[AutoscalingService, Request], Response]
"""Takes the validated request, answers plain JSON (times in epoch seconds), raises ApiError."""
