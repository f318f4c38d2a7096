"""Figures of models for notices: the new one's evaluation beside that of what served before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from contracts.champion_record import Deployed
from contracts.evaluation_report import EvaluationReport, EvaluationReportError
from lambdas.shared.s3_uris import bucket_and_key


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Attributes:
    metrics: of the new model by name, on its held-out data.
    opponent: ARN of the package that it was compared with, and
    opponent_metrics: that one's, on the same data.
    fault: why there are none, for people; empty if nothing is wrong.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    opponent: str = ""
    opponent_metrics: Mapping[str, float] = field(default_factory=dict)
    fault: str = ""

    @classmethod
    def read(cls, s3: Any, uri: str) -> Figures:
        """From an evaluation report at `s3://bucket/key`. `s3` is a boto3 client.

        Figures are for people: a report that cannot be read stops no deployment.
        """
        if not uri:
            return cls(fault="the package names no evaluation report")
        try:
            bucket, key = bucket_and_key(uri)
            report = EvaluationReport.parse(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except (ClientError, EvaluationReportError, json.JSONDecodeError, ValueError) as error:
            return cls(fault=f"the evaluation report {uri} cannot be read: {error}")
        champion = report.champion
        return cls(
            metrics=_values(report.metrics),
            opponent=(champion.model_package_arn or "") if champion else "",
            opponent_metrics=_values(champion.metrics) if champion else {},
        )

    def beside(self, before: Deployed | None) -> str:
        """A line for people; empty where nothing is known."""
        if not self.metrics:
            return f"Figures: unknown, {self.fault}" if self.fault else ""
        old: Mapping[str, float] = before.metrics if before else {}
        same_data = before is not None and before.package == self.opponent != ""
        if same_data:
            old = self.opponent_metrics
        parts = [_part(name, value, old.get(name)) for name, value in self.metrics.items()]
        if not before:
            data = ""
        elif same_data:
            data = f"; version {before.version} on the same held-out data"
        else:
            data = f"; version {before.version} on the held-out data of its own time"
        return f"Figures: {', '.join(parts)}{data}"


def _values(metrics: Mapping[str, Any]) -> dict[str, float]:
    return {name: metric.value for name, metric in metrics.items()}


def _part(name: str, value: float, before: float | None) -> str:
    if before is None:
        return f"{name} {value:.4g}"
    return f"{name} {value:.4g} (before {before:.4g}, {value - before:+.2g})"
