"""The models of one multi-model container: each is downloaded and loaded when it is first asked
for, and the one that was asked longest ago is unloaded where the container has no room.

Contract: "Custom Containers Contract for Multi-Model Endpoints" in the SageMaker developer guide.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from local_cloud.sagemaker.hosting.connections import (
    Answer,
    ContainerError,
    OpenAnswer,
)
from local_cloud.sagemaker.hosting.model_files import ModelDataError
from local_cloud.sagemaker.hosting.question import Question
from local_cloud.sagemaker.hosting.server import ModelServer, ServerError

LOAD_SECONDS = 600.0
"""Until the container must have loaded or unloaded a model."""
LIST_SECONDS = 10.0
_LOADED = (200, 409)
"""A container answers 409 where the model is loaded already."""
_NO_ROOM = 507
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


class ModelNotReadyError(Exception):
    """The model is still being downloaded or loaded."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the models of a container need of their instance."""

    download: Callable[[str, Path], None]
    """``download(target, folder)`` brings a model into a folder. Raises ModelDataError."""
    background: Callable[[str, Callable[[], None]], None]
    """``background(name, work)`` runs the work on a thread of its own."""
    measure: Callable[[str, float], None]
    """``measure(name, value)`` adds to a metric of the variant; times in seconds."""


@dataclass(eq=False)
class _Model:
    target: str
    name: str
    """By which the container knows it."""
    ready: threading.Event = field(default_factory=threading.Event)
    in_flight: int = 0
    failure: ModelDataError | ContainerError | None = None
    refusal: Answer | None = None
    """The container's answer where it did not load the model."""
    loaded: bool = False


class MultiModel:
    def __init__(
        self, server: ModelServer, ml: Path, root: str, around: Surroundings, *, cached: bool
    ) -> None:
        """``root`` is how the container sees the folder ``ml``; without ``cached`` a model is
        unloaded once it has answered."""
        self._server = server
        self._folder = ml / "models"
        self._root = f"{root}/models"
        self._around = around
        self._cached = cached
        self._lock = threading.Lock()
        self._models: dict[str, _Model] = {}
        """By target, the one that was asked last at the end."""
        self._changing = threading.Lock()
        """Held while the container loads or unloads: a model cannot be loaded and unloaded at
        once."""

    def forget(self) -> None:
        """The container is started anew, without any model."""
        with self._lock:
            self._models.clear()

    def check_contract(self) -> None:
        """Raises ServerError for a container that answers /ping alone."""
        try:
            status = self._server.get("/models", LIST_SECONDS).status
        except ContainerError as error:
            raise ServerError(f"GET /models: {error}", self._server.name) from error
        if status != 200:
            raise ServerError(
                f"the container answered {status} to GET /models, by which one of Mode "
                "MultiModel tells what it has loaded",
                self._server.name,
            )

    def open(self, question: Question, timeout_seconds: float) -> OpenAnswer:
        """Ask the model that the question names, loaded first where it is not.

        Raises ModelNotReadyError, ModelDataError, ContainerGoneError, InvocationTimeoutError. A
        container that does not load the model has refused the question.
        """
        if question.model is None:
            raise ValueError("a multi-model container is asked for one of its models")
        deadline = time.monotonic() + timeout_seconds
        answer = self._ask(question, question.model, deadline)
        if answer.status != 404:
            return answer
        whole = answer.read()
        if self._server.get(f"/models/{name_of(question.model)}", LIST_SECONDS).status != 404:
            return _again(whole, self._server.name)
        # The container lost it, for whatever reason.
        with self._lock:
            self._models.pop(question.model, None)
        return self._ask(question, question.model, deadline)

    def _ask(self, question: Question, target: str, deadline: float) -> OpenAnswer:
        with ExitStack() as held:
            model, known = self._reserve(target)
            held.callback(self._release, model)
            began = time.monotonic()
            if not model.ready.wait(deadline - began):
                raise ModelNotReadyError(target)
            self._around.measure("ModelCacheHit", float(known))
            if not known:
                self._around.measure("ModelLoadingWaitTime", time.monotonic() - began)
            if model.failure is not None:
                raise model.failure
            if model.refusal is not None:
                return _again(model.refusal, self._server.name)
            if not model.loaded:
                raise ModelNotReadyError(target)
            left = max(0.001, deadline - time.monotonic())
            path = f"/models/{model.name}/invoke"
            answer = self._server.open(question.headers, question.body, left, path=path)
            answer.on_close(held.pop_all().close)
            return answer

    def _reserve(self, target: str) -> tuple[_Model, bool]:
        """The model, and whether it was there; it is not unloaded before it is released."""
        with self._lock:
            model = self._models.pop(target, None)
            known = model is not None
            if model is None:
                model = _Model(target, name_of(target))
            self._models[target] = model
            model.in_flight += 1
        if not known:
            loading = model
            self._around.background(f"load model {target}", lambda: self._load(loading))
        return model, known

    def _release(self, model: _Model) -> None:
        with self._lock:
            model.in_flight -= 1
            unload = not self._cached and not model.in_flight and model.loaded
            if unload and self._models.get(model.target) is model:
                del self._models[model.target]
        if unload:
            self._around.background(f"unload model {model.target}", lambda: self._unload(model))

    def _load(self, model: _Model) -> None:
        try:
            began = time.monotonic()
            self._around.download(model.target, self._folder / model.name / "model")
            downloaded = time.monotonic()
            self._around.measure("ModelDownloadingTime", downloaded - began)
            with self._changing:
                model.refusal = self._load_into_container(model)
            model.loaded = model.refusal is None
            self._around.measure("ModelLoadingTime", time.monotonic() - downloaded)
        except (ModelDataError, ContainerError) as error:
            model.failure = error
        finally:
            if not model.loaded:
                # The next request tries again.
                with self._lock:
                    if self._models.get(model.target) is model:
                        del self._models[model.target]
            model.ready.set()

    def _load_into_container(self, model: _Model) -> Answer | None:
        """The answer of a container that does not load it."""
        url = f"{self._root}/{model.name}/model"
        body = json.dumps({"model_name": model.name, "url": url}).encode()
        while True:
            answer = self._server.open(_JSON, body, LOAD_SECONDS, path="/models").read()
            if answer.status in _LOADED:
                return None
            longest_ago = self._take_idle() if answer.status == _NO_ROOM else None
            if longest_ago is None:
                return answer
            self._unload_now(longest_ago)

    def _take_idle(self) -> _Model | None:
        """The loaded model that nobody asks and that was asked longest ago; no more known."""
        with self._lock:
            for target, model in self._models.items():
                if model.ready.is_set() and not model.in_flight:
                    del self._models[target]
                    return model
        return None

    def _unload(self, model: _Model) -> None:
        with self._changing:
            with self._lock:
                back = model.target in self._models
            if not back:
                self._unload_now(model)

    def _unload_now(self, model: _Model) -> None:
        began = time.monotonic()
        path = f"/models/{model.name}"
        # A container that has gone has unloaded everything.
        with contextlib.suppress(ContainerError):
            self._server.open({}, b"", LOAD_SECONDS, method="DELETE", path=path).read()
        self._around.measure("ModelUnloadingTime", time.monotonic() - began)


def name_of(target: str) -> str:
    """How a container knows the model: not its TargetModel, as on SageMaker."""
    return hashlib.sha256(target.encode()).hexdigest()[:32]


def _again(answer: Answer, container: str) -> OpenAnswer:
    return OpenAnswer(answer.status, answer.headers, iter([answer.body]), container=container)
