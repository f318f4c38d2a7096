"""A double of Application Auto Scaling and of CloudWatch's alarms, with AWS's words."""

from __future__ import annotations

from typing import Any

from tests.unit.lambdas.wire import ServiceError, by_methods, wired_client

Request = dict[str, Any]


class AutoScaling:
    """Keeps targets by resource id, with their policies and scheduled actions by name."""

    def __init__(self) -> None:
        self.targets: dict[str, Request] = {}
        self.policies: dict[str, dict[str, Request]] = {}
        self.actions: dict[str, dict[str, Request]] = {}

    def client(self) -> Any:
        return wired_client("application-autoscaling", by_methods(self))

    def RegisterScalableTarget(self, request: Request) -> Request:  # noqa: N802
        self.targets[request["ResourceId"]] = request
        self.policies.setdefault(request["ResourceId"], {})
        self.actions.setdefault(request["ResourceId"], {})
        return {}

    def DeregisterScalableTarget(self, request: Request) -> Request:  # noqa: N802
        self._check(request)
        for kept in (self.targets, self.policies, self.actions):
            del kept[request["ResourceId"]]
        return {}

    def DescribeScalableTargets(self, request: Request) -> Request:  # noqa: N802
        found = [self.targets[each] for each in request["ResourceIds"] if each in self.targets]
        more = {"RoleARN": "arn:aws:iam::123456789012:role/x", "CreationTime": 0}
        return {"ScalableTargets": [{**each, **more} for each in found]}

    def PutScalingPolicy(self, request: Request) -> Request:  # noqa: N802
        self._check(request)
        self.policies[request["ResourceId"]][request["PolicyName"]] = request
        return {"PolicyARN": f"arn:{request['PolicyName']}"}

    def DescribeScalingPolicies(self, request: Request) -> Request:  # noqa: N802
        there = self.policies.get(request["ResourceId"], {})
        more = {"PolicyARN": "arn:policy", "CreationTime": 0, "PolicyType": "StepScaling"}
        return {"ScalingPolicies": [{**each, **more} for each in there.values()]}

    def DeleteScalingPolicy(self, request: Request) -> Request:  # noqa: N802
        del self.policies[request["ResourceId"]][request["PolicyName"]]
        return {}

    def PutScheduledAction(self, request: Request) -> Request:  # noqa: N802
        self._check(request)
        self.actions[request["ResourceId"]][request["ScheduledActionName"]] = request
        return {}

    def DescribeScheduledActions(self, request: Request) -> Request:  # noqa: N802
        there = self.actions.get(request["ResourceId"], {})
        more = {"ScheduledActionARN": "arn:action", "CreationTime": 0}
        return {"ScheduledActions": [{**each, **more} for each in there.values()]}

    def DeleteScheduledAction(self, request: Request) -> Request:  # noqa: N802
        del self.actions[request["ResourceId"]][request["ScheduledActionName"]]
        return {}

    def _check(self, request: Request) -> None:
        if request["ResourceId"] not in self.targets:
            raise ServiceError(
                "ObjectNotFoundException",
                "No scalable target found for service namespace: sagemaker, resource ID: "
                f"{request['ResourceId']}",
            )


class Alarms:
    """The part of a CloudWatch client that makes and deletes alarms."""

    def __init__(self) -> None:
        self.there: dict[str, Request] = {}

    def put_metric_alarm(self, **request: Any) -> None:
        self.there[request["AlarmName"]] = request

    def delete_alarms(self, *, AlarmNames: list[str]) -> None:  # noqa: N803
        for name in AlarmNames:
            self.there.pop(name, None)
