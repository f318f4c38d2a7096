"""Many models in one process of the stand-in for AWS's built-in XGBoost.

Contract: "Custom Containers Contract for Multi-Model Endpoints" in the SageMaker developer guide,
but for the paging of its list: a process has few models.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from local_cloud.containers.serving_http import Answer, Request, Response

logger = logging.getLogger("xgboost_serving")
_MODEL = re.compile(r"^/models/(?P<name>[^/]+)(?P<invoke>/invoke)?$")


class ManyModels:
    """``load(folder)`` answers what a model of that folder answers to POST /invocations; it
    raises ``refused`` for files that are no model."""

    def __init__(self, load: Callable[[Path], Answer], refused: type[Exception]) -> None:
        self._load = load
        self._refused = refused
        self._lock = threading.Lock()
        self._models: dict[str, tuple[str, Answer]] = {}
        """URL and answers, by name."""

    def answer(self, request: Request) -> Response:
        asked = (request.method, request.path)
        if asked == ("GET", "/ping"):
            return Response(200, content_type="text/html")
        if asked == ("GET", "/models"):
            return self._list()
        if asked == ("POST", "/models"):
            return self._take(request)
        found = _MODEL.match(request.path)
        if found is None:
            return _said(404, "there are GET /ping and /models with its models")
        with self._lock:
            model = self._models.get(found["name"])
        if model is None:
            return _said(404, f"the model {found['name']} is not loaded")
        return self._ask(request, found["name"], model, invoke=bool(found["invoke"]))

    def _ask(
        self, request: Request, name: str, model: tuple[str, Answer], *, invoke: bool
    ) -> Response:
        url, answer = model
        if invoke and request.method == "POST":
            return answer(replace(request, path="/invocations"))
        if not invoke and request.method == "GET":
            return _json(200, _described(name, url))
        if not invoke and request.method == "DELETE":
            with self._lock:
                self._models.pop(name, None)
            return _json(200, {"status": f'Model "{name}" unloaded'})
        return _said(405, f"{request.method} is not for {request.path}")

    def _list(self) -> Response:
        with self._lock:
            models = [_described(name, url) for name, (url, _) in self._models.items()]
        return _json(200, {"models": models})

    def _take(self, request: Request) -> Response:
        try:
            wanted = json.loads(request.body)
            name, url = str(wanted["model_name"]), str(wanted["url"])
        except (ValueError, KeyError, TypeError):
            return _said(400, "a model is loaded by its model_name and its url")
        with self._lock:
            if name in self._models:
                return _said(409, f"the model {name} is loaded already")
        try:
            answer = self._load(Path(url))
        except self._refused as error:
            logger.error("Unable to load model: %s", error)
            return _said(500, str(error))
        except MemoryError:
            return _said(507, f"there is no memory for the model {name}")
        with self._lock:
            self._models[name] = (url, answer)
        return _json(200, {"status": f'Model "{name}" loaded'})


def _described(name: str, url: str) -> dict[str, str]:
    return {"modelName": name, "modelUrl": url}


def _said(status: int, text: str) -> Response:
    return _json(status, {"message": text})


def _json(status: int, content: object) -> Response:
    return Response(status, json.dumps(content).encode())
