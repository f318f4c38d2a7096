"""StartBuild and StopBuild, which MiniStack only keeps records of, over its other actions."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import json
import threading
import uuid
from collections.abc import Callable
from typing import Any

from local_cloud.builds import record
from local_cloud.builds.build_run import BuildRun
from local_cloud.builds.project import InvalidInputError, plan
from local_cloud.builds.record import Record
from local_cloud.builds.service import BuildService

Answer = tuple[int, dict[str, str], bytes]
_JSON = {"Content-Type": "application/x-amz-json-1.1"}
_KEPT_TOKENS = 1000


class Builds:
    """MiniStack's handler for CodeBuild; ``others`` takes the actions that are not here."""

    def __init__(self, service: BuildService, others: Callable[..., Any]) -> None:
        self._service = service
        self._others = others
        self._running: dict[str, BuildRun] = {}
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()

    async def __call__(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        mine = {"StartBuild": self._start, "StopBuild": self._stop, "RetryBuild": self._retry}
        if action not in mine:
            answer: Answer = await self._others(method, path, headers, body, query)
            return answer
        context = contextvars.copy_context()
        return await asyncio.to_thread(context.run, self._answer, mine[action], body)

    def _answer(self, work: Callable[[dict[str, Any]], Answer], body: bytes) -> Answer:
        try:
            request = json.loads(body or b"{}")
        except ValueError as error:
            return _error("SerializationException", str(error))
        given = {name: value for name, value in request.items() if value is not None}
        try:
            return work(given)
        except InvalidInputError as error:
            return _error("InvalidInputException", str(error))

    def _start(self, request: dict[str, Any]) -> Answer:
        name = str(request.get("projectName", ""))
        project = self._service.records.project(name)
        if project is None:
            arn = self._service.arn(f"project/{name}")
            return _error("ResourceNotFoundException", f"Project cannot be found: {arn}")
        token = request.get("idempotencyToken")
        with self._lock:
            known = self._tokens.get(token) if token else None
            before = self._service.records.build(known) if known else None
            if before is not None:
                return _ok({"build": before})
            made = self._make(project, request)
            if token:
                self._tokens = dict(list(self._tokens.items())[-_KEPT_TOKENS:])
                self._tokens[token] = made["id"]
        return _ok({"build": made})

    def _make(self, project: Any, request: dict[str, Any]) -> Record:
        wanted = plan(project, request)
        build_id = f"{wanted.project}:{uuid.uuid4()}"
        made = record.new(
            wanted,
            build_id=build_id,
            arn=self._service.arn(f"build/{build_id}"),
            number=self._service.records.number(wanted.project),
            initiator=f"{self._service.settings.account_id}/user",
            key_arn=project.get("encryptionKey", ""),
        )
        self._service.records.keep(made)
        run = BuildRun(self._service, wanted, copy.deepcopy(made))
        self._running[build_id] = run

        def work() -> None:
            try:
                run.run()
            finally:
                self._running.pop(build_id, None)

        self._service.tasks.start(f"build {build_id}", work)
        return made

    def _stop(self, request: dict[str, Any]) -> Answer:
        found = self._service.records.build(str(request.get("id", "")))
        if found is None:
            return _error("ResourceNotFoundException", f"Build {request.get('id')} not found")
        run = self._running.get(found["id"])
        if run is not None:
            run.stop_wanted.set()
        return _ok({"build": found})

    def _retry(self, _request: dict[str, Any]) -> Answer:
        return _error("InvalidInputException", "The local cloud has no RetryBuild")


def _ok(content: dict[str, Any]) -> Answer:
    return 200, dict(_JSON), json.dumps(content).encode()


def _error(code: str, message: str) -> Answer:
    return 400, dict(_JSON), json.dumps({"__type": code, "message": message}).encode()
