"""The loop that scales: it looks at every target about each second.

On AWS alarms of CloudWatch trigger target tracking policies (three minutes above the target, or
fifteen well below it). Here the metric's last minute does, without alarms.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any

from local_cloud.application_autoscaling import activities, scheduled_actions, targets
from local_cloud.application_autoscaling.decision import (
    Alarmed,
    Decision,
    Past,
    Tracked,
    configuration_of,
    decide,
    is_step,
    within_bounds,
)
from local_cloud.application_autoscaling.metrics import Metrics, followed
from local_cloud.application_autoscaling.resources import (
    POLICY,
    SCHEDULED_ACTION,
    key,
    of_target,
    variant,
)
from local_cloud.application_autoscaling.service import AutoscalingService
from local_cloud.application_autoscaling.target_tracking import scale_in
from local_cloud.json_api.errors import ApiError
from local_cloud.json_api.messages import Response
from local_cloud.sagemaker.hosting.scaled_variants import TARGET
from local_cloud.sagemaker.service import Tasks
from local_cloud.sagemaker.store import Document, NotFoundError

ROUND_SECONDS = 1.0
RETRY_SECONDS = 30.0
"""After SageMaker refused a change, or did not carry it out."""

logger = logging.getLogger("local_cloud.application_autoscaling")


class Scaler:
    def __init__(self, service: AutoscalingService, metrics: Metrics) -> None:
        self._service = service
        self._metrics = metrics
        # Since when a policy's metric is low; a restart begins to count anew.
        self._low: dict[str, float] = {}
        self._not_before: dict[str, float] = {}

    def run(self, tasks: Tasks) -> None:
        """Until the local cloud stops."""
        while not tasks.stopping:
            try:
                self.look()
            except Exception:
                logger.exception("scalable targets could not be looked at this time")
            time.sleep(ROUND_SECONDS)

    def look(self) -> None:
        """One round; a target that fails holds up no other."""
        for target in self._service.store.list(TARGET):
            try:
                self._look_at(target)
            except NotFoundError:
                logger.info("%s was deregistered meanwhile", target["ResourceId"])
            except Exception:
                logger.exception("%s could not be looked at", target["ResourceId"])

    def _look_at(self, target: Document) -> None:
        resource_id = target["ResourceId"]
        endpoint = self._endpoint(target)
        if endpoint is None:
            # As AWS does where whoever deletes the endpoint may do that.
            logger.info("%s is gone: its scalable target is deregistered", resource_id)
            targets.remove(self._service, resource_id)
            return
        target = self._apply_schedule(target)
        summary = _summary(endpoint, variant(resource_id).name)
        if endpoint["EndpointStatus"] != "InService" or summary is None:
            return
        capacity = int(summary["CurrentInstanceCount"])
        self._close_activity(target, capacity)
        if self._service.clock() < self._not_before.get(resource_id, 0.0):
            return
        decision = within_bounds(target, capacity) or self._decide(target, capacity)
        if decision is not None:
            self._scale(target, capacity, decision)

    def _endpoint(self, target: Document) -> Response | None:
        """None where the endpoint that was registered is no more."""
        name = variant(target["ResourceId"]).endpoint
        try:
            endpoint = self._service.sagemaker("DescribeEndpoint", {"EndpointName": name})
        except ApiError as error:
            # As SageMaker says that there is no such endpoint.
            if error.code != "ValidationException":
                raise
            return None
        return endpoint if endpoint["CreationTime"] == target["_endpoint_created"] else None

    def _apply_schedule(self, target: Document) -> Document:
        """The target with the bounds of the scheduled actions that have come due."""
        resource_id, now = target["ResourceId"], self._service.clock()
        for action in scheduled_actions.due(
            of_target(self._service, SCHEDULED_ACTION, resource_id), now
        ):
            name = key(resource_id, action["ScheduledActionName"])
            self._service.store.update(SCHEDULED_ACTION, name, _considered=now)
            if target["SuspendedState"]["ScheduledScalingSuspended"]:
                continue
            bounds = _bounds(target, action["ScalableTargetAction"])
            title = action["ScheduledActionName"]
            logger.info("%s: scheduled action %s sets %s", resource_id, title, bounds)
            target = self._service.store.update(TARGET, resource_id, **bounds)
            if scheduled_actions.schedule_of(action).once:
                self._service.store.delete(SCHEDULED_ACTION, name)
        return target

    def _close_activity(self, target: Document, capacity: int) -> None:
        activity = activities.in_progress(self._service, target)
        if activity is None:
            return
        if capacity == activity["_capacity"]:
            activities.succeed(self._service, activity)
            return
        reason = f"the variant has {capacity} instances after SageMaker's update"
        activities.fail(self._service, activity, reason)
        self._not_before[target["ResourceId"]] = self._service.clock() + RETRY_SECONDS

    def _decide(self, target: Document, capacity: int) -> Decision | None:
        resource_id = target["ResourceId"]
        policies = of_target(self._service, POLICY, resource_id)
        if not policies:
            return None
        now = self._service.clock()
        return decide(
            target,
            capacity=capacity,
            past=Past(**target.get("_past", {})).at_pace(self._service.settings.time_scale, now),
            tracked=[self._tracked(p, capacity, now) for p in policies if not is_step(p)],
            alarmed=self._alarmed([p for p in policies if is_step(p)], now),
            now=now,
        )

    def _tracked(self, policy: Document, capacity: int, now: float) -> Tracked:
        configuration = configuration_of(policy)
        metric = followed(policy["ResourceId"], configuration)
        value = self._metrics.value(metric, now)
        low = value is not None and scale_in(configuration, capacity=capacity, value=value)
        if value is None or low is None:
            self._low.pop(policy["PolicyARN"], None)
        return Tracked(
            name=policy["PolicyName"],
            configuration=configuration,
            metric=metric.metric.name,
            value=value,
            low_since=None
            if value is None or low is None
            else self._low.setdefault(policy["PolicyARN"], now),
        )

    def _alarmed(self, policies: Iterable[Document], now: float) -> list[Alarmed]:
        return [
            Alarmed(
                name=policy["PolicyName"],
                configuration=configuration_of(policy),
                alarm=alarm.name,
                breach=alarm.breach,
            )
            for policy in policies
            for alarm in self._metrics.firing(policy["PolicyARN"], now)
        ]

    def _scale(self, target: Document, capacity: int, decision: Decision) -> None:
        service, resource_id = self._service, target["ResourceId"]
        activity = activities.begin(service, resource_id, decision.capacity, decision.cause)
        logger.info("%s: %d -> %d: %s", resource_id, capacity, decision.capacity, decision.cause)
        named = variant(resource_id)
        wanted = {"VariantName": named.name, "DesiredInstanceCount": decision.capacity}
        request = {"EndpointName": named.endpoint, "DesiredWeightsAndCapacities": [wanted]}
        try:
            service.sagemaker("UpdateEndpointWeightsAndCapacities", request)
        except ApiError as error:
            activities.fail(service, activity, error.message)
            self._not_before[resource_id] = service.clock() + RETRY_SECONDS
            return
        past = dict(target.get("_past", {}))
        if decision.capacity > capacity:
            past.update(out_at=service.clock(), out_from=capacity)
        else:
            past.update(in_at=service.clock())
        service.store.update(TARGET, resource_id, _past=past)


def _summary(endpoint: Response, name: str) -> dict[str, Any] | None:
    summaries = endpoint.get("ProductionVariants", [])
    return next((one for one in summaries if one["VariantName"] == name), None)


def _bounds(target: Document, action: dict[str, int]) -> dict[str, int]:
    """A bound that the action does not name gives way to the one that it does."""
    low = int({**target, **action}["MinCapacity"])
    high = int({**target, **action}["MaxCapacity"])
    if "MinCapacity" not in action:
        low = min(low, high)
    if "MaxCapacity" not in action:
        high = max(low, high)
    return {"MinCapacity": low, "MaxCapacity": high}
