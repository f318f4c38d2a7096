"""Steady requests to an endpoint while something happens to it."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from tests.unit.local_cloud.endpoints.conftest import Hosting, until


class Traffic:
    """Requests from several clients over and over while the block runs."""

    def __init__(self, hosting: Hosting, endpoint: str, *, clients: int = 2) -> None:
        self.answered: list[str] = []
        """The models that answered, in order."""
        self.failures: list[Exception] = []
        self._done = threading.Event()
        self._hosting = hosting
        self._endpoint = endpoint
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def _ask(self) -> None:
        while not self._done.is_set():
            try:
                self.answered.append(self._hosting.invoke(self._endpoint)["model"])
            except Exception as error:
                self.failures.append(error)

    def __enter__(self) -> Traffic:
        for thread in self._threads:
            thread.start()
        until(lambda: self.answered or self.failures)
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()


def shares(hosting: Hosting, endpoint: str, requests: int) -> Counter[str]:
    """How many of so many requests which model answered."""
    return Counter(hosting.invoke(endpoint)["model"] for _ in range(requests))


def blue_green(kind: str, *, alarms: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """A DeploymentConfig; ``more`` are members of the policy or of its traffic routing."""
    policy_members = ("TerminationWaitInSeconds", "MaximumExecutionTimeoutInSeconds")
    policy = {member: more.pop(member) for member in policy_members if member in more}
    routing = {"Type": kind, "WaitIntervalInSeconds": 0, **more}
    config = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **policy}}
    return {**config, **guarded_by(*alarms)}


def rolling(size: dict[str, Any], *, alarms: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """A DeploymentConfig."""
    policy = {"MaximumBatchSize": size, "WaitIntervalInSeconds": 0, **more}
    return {"RollingUpdatePolicy": policy, **guarded_by(*alarms)}


def guarded_by(*alarms: str) -> dict[str, Any]:
    if not alarms:
        return {}
    return {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarms]}}


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def instances(value: int) -> dict[str, Any]:
    return {"Type": "INSTANCE_COUNT", "Value": value}
