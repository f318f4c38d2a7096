"""CreateSchedule and UpdateSchedule checked as AWS checks them, over MiniStack's Scheduler."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from local_cloud import ministack_bridge
from local_cloud.event_scheduler.requests import PRINCIPAL, check
from local_cloud.json_api.api import HttpAnswer
from local_cloud.json_api.errors import ApiError
from local_cloud.json_api.messages import parse
from local_cloud.settings import LocalCloudSettings

SCHEDULE = re.compile(r"^/schedules/(?P<name>[^/]+)$")
ACTIONS = {"POST": "CreateSchedule", "PUT": "UpdateSchedule"}


class Schedules:
    """MiniStack's handler for the Scheduler; ``others`` takes what passes, and all the rest."""

    def __init__(self, settings: LocalCloudSettings, others: Callable[..., Any]) -> None:
        self._settings = settings
        self._others = others

    async def __call__(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query: Any
    ) -> HttpAnswer:
        named = SCHEDULE.match(path)
        try:
            if named and method in ACTIONS:
                action, name = ACTIONS[method], unquote(named["name"])
                # It may parse a service's description: not while every other request waits.
                await asyncio.to_thread(self._check, action, name, headers, body)
        except ApiError as error:
            return _refusal(error)
        answer: HttpAnswer = await self._others(method, path, headers, body, query)
        return answer

    def _check(self, action: str, name: str, headers: dict[str, str], body: bytes) -> None:
        request = {**parse(body), "Name": name}
        check(action, request)
        denial = ministack_bridge.authorise(
            headers,
            action="iam:PassRole",
            resource_arn=request["Target"]["RoleArn"],
            region=self._settings.region,
            context={"iam:PassedToService": PRINCIPAL},
        )
        if denial:
            raise ApiError(denial.code, denial.message, status=403)


def _refusal(error: ApiError) -> HttpAnswer:
    headers = {"Content-Type": "application/json", "x-amzn-errortype": error.code}
    return error.status, headers, json.dumps({"Message": error.message}).encode()
