from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local_cloud.application_autoscaling.api import api
from local_cloud.application_autoscaling.metrics import FiringAlarm, Followed
from local_cloud.application_autoscaling.scaler import Scaler
from local_cloud.application_autoscaling.service import AutoscalingService
from local_cloud.json_api.api import JsonApi
from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.store import Store
from local_cloud.settings import LocalCloudSettings

VARIANT = "endpoint/birds/variant/AllTraffic"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
IDENTITY = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": VARIANT,
    "ScalableDimension": DIMENSION,
}
TRACKING = {
    "TargetValue": 50.0,
    "PredefinedMetricSpecification": {
        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
    },
}


@dataclass
class SageMakerDouble:
    """Endpoints in memory; an update is done at once unless ``slow``."""

    instances: dict[str, int] = field(default_factory=dict)
    instance_type: str = "ml.m5.large"
    created: float = 1000.0
    status: str = "InService"
    slow: bool = False
    refusal: str | None = None
    updates: list[int] = field(default_factory=list)

    def __call__(self, action: str, request: Any) -> dict[str, Any]:
        return {
            "DescribeEndpoint": self._describe,
            "DescribeEndpointConfig": self._config,
            "UpdateEndpointWeightsAndCapacities": self._update,
        }[action](request)

    def _describe(self, request: Any) -> dict[str, Any]:
        name = request["EndpointName"]
        if name not in self.instances:
            raise ValidationException(f'Could not find endpoint "{name}".')
        summary = {"VariantName": "AllTraffic", "CurrentInstanceCount": self.instances[name]}
        return {
            "EndpointName": name,
            "EndpointStatus": self.status,
            "EndpointConfigName": "config",
            "CreationTime": self.created,
            "ProductionVariants": [summary],
        }

    def _config(self, _request: Any) -> dict[str, Any]:
        variant = {"VariantName": "AllTraffic", "InstanceType": self.instance_type}
        return {"ProductionVariants": [variant]}

    def _update(self, request: Any) -> dict[str, Any]:
        if self.refusal:
            raise ValidationException(self.refusal)
        (wanted,) = request["DesiredWeightsAndCapacities"]
        self.updates.append(wanted["DesiredInstanceCount"])
        if self.slow:
            self.status = "Updating"
        else:
            self.instances[request["EndpointName"]] = wanted["DesiredInstanceCount"]
        return {}


@dataclass
class MetricsDouble:
    values: dict[str, float] = field(default_factory=dict)
    alarms: list[FiringAlarm] = field(default_factory=list)
    asked: list[Followed] = field(default_factory=list)

    def value(self, followed: Followed, now: float) -> float | None:
        self.asked.append(followed)
        return self.values.get(followed.metric.name)

    def firing(self, policy_arn: str, now: float) -> list[FiringAlarm]:
        assert policy_arn.startswith("arn:aws:autoscaling:")
        return list(self.alarms)


@dataclass
class Bench:
    """Application Auto Scaling over a real store, with a clock that a test turns."""

    now: float
    sagemaker: SageMakerDouble
    metrics: MetricsDouble
    api: JsonApi
    scaler: Scaler

    def __call__(self, action: str, **request: Any) -> dict[str, Any]:
        given = request if action.startswith("Describe") else {**IDENTITY, **request}
        return self.api.perform(action, {"ServiceNamespace": "sagemaker", **given})

    def register(self, low: int = 1, high: int = 4, **more: Any) -> str:
        answer = self("RegisterScalableTarget", MinCapacity=low, MaxCapacity=high, **more)
        return str(answer["ScalableTargetARN"])

    def track(self, name: str = "follow", **configuration: Any) -> None:
        wanted = {**copy.deepcopy(TRACKING), **configuration}
        wanted = {name: value for name, value in wanted.items() if value is not None}
        self(
            "PutScalingPolicy",
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=wanted,
        )

    def target(self) -> dict[str, Any]:
        (target,) = self("DescribeScalableTargets")["ScalableTargets"]
        return dict(target)

    def activities(self) -> list[dict[str, Any]]:
        return list(self("DescribeScalingActivities")["ScalingActivities"])

    def pass_seconds(self, seconds: float) -> None:
        """Look at the targets each ten seconds and at the end."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 10)
            self.scaler.look()

    @property
    def instances(self) -> int:
        return self.sagemaker.instances["birds"]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    sagemaker, metrics = SageMakerDouble({"birds": 1}), MetricsDouble()
    store = Store(tmp_path / "state.sqlite")
    made: list[Bench] = []
    service = AutoscalingService(
        settings=LocalCloudSettings(state_dir=tmp_path),
        store=store,
        sagemaker=sagemaker,
        clock=lambda: made[0].now,
    )
    made.append(
        Bench(
            # Monday, 2026-03-02, 07:59:30 in UTC.
            now=1772438370.0,
            sagemaker=sagemaker,
            metrics=metrics,
            api=api(service),
            scaler=Scaler(service, metrics),
        )
    )
    yield made[0]
    store.close()
