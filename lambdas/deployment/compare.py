"""Compare the shadow with the model that serves, once both got the same requests for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.serving import Serving
from contracts.traffic_split import OLD_VARIANT, SHADOW_VARIANT
from lambdas.deployment.captured_files import CapturedFiles
from lambdas.deployment.samples import SamplesError, SampleStore
from lambdas.deployment.served_metrics import ServedMetrics
from lambdas.deployment.shadow_comparison import Limits, compare_answers, judge_shadow

_MAX_5XX_PERCENT = 1.0
"""Where the settings name no such alarm."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Attributes:
    samples: whose index names the classes of answers in CSV.
    """

    files: CapturedFiles
    metrics: ServedMetrics
    samples: SampleStore
    serving: Serving

    def run(self, *, since: datetime, until: datetime) -> dict[str, Any]:
        """`{"passed", "detail"}`.

        Raises:
            ClientError: S3 or CloudWatch refuses.
            ValueError: the settings do not say what a shadow has to keep to.
        """
        shadow = self.serving.shadow
        if shadow is None:
            raise ValueError("serving.shadow is missing: deploy the app again")
        most = self.serving.alarms.max_5xx_percent
        passed, detail = judge_shadow(
            answers=compare_answers(
                self.files.read(OLD_VARIANT, since=since),
                self.files.read(SHADOW_VARIANT, since=since),
                classes=self._classes(),
            ),
            production=self.metrics.read(OLD_VARIANT, since=since, until=until),
            shadow=self.metrics.read(SHADOW_VARIANT, since=since, until=until),
            limits=Limits(
                min_requests=shadow.min_requests,
                max_disagreement_percent=shadow.max_disagreement_percent,
                max_latency_ratio=shadow.max_latency_ratio,
                max_5xx_percent=_MAX_5XX_PERCENT if most is None else most,
            ),
        )
        return {"passed": passed, "detail": detail}

    def _classes(self) -> tuple[str, ...]:
        try:
            return self.samples.index().classes
        except SamplesError:
            # Then answers are compared as they are, which tells differences as well.
            return ()


def began(event: Mapping[str, Any]) -> datetime:
    """When the shadow began to get requests: `since` of the event, ISO 8601 in UTC."""
    return datetime.fromisoformat(event["since"]).astimezone(UTC)
