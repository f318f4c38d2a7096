"""The models of a multi-model container, against a container whose every answer is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from local_cloud.sagemaker.hosting.connections import OpenAnswer
from local_cloud.sagemaker.hosting.model_files import ModelDataError
from local_cloud.sagemaker.hosting.multi_model import (
    ModelNotReadyError,
    MultiModel,
    Surroundings,
    name_of,
)
from local_cloud.sagemaker.hosting.question import Question
from local_cloud.sagemaker.hosting.server import ModelServer


class Container:
    """Answers everything with 200 and tells what it was asked."""

    name = "primary"

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []
        self.may_load = threading.Event()
        self.may_load.set()

    def open(
        self,
        _headers: object,
        body: bytes,
        _seconds: float,
        *,
        method: str = "POST",
        path: str = "/invocations",
    ) -> OpenAnswer:
        self.asked.append((method, path))
        if path == "/models":
            self.bodies.append(body)
            assert self.may_load.wait(30)
        return OpenAnswer(200, {}, iter([b"answer"]))


class Loading:
    """Models on threads that a test joins."""

    def __init__(self, folder: Path, *, cached: bool = True) -> None:
        self.container = Container()
        self.downloaded: list[Path] = []
        self.refuse = False
        self.measured: list[str] = []
        self._threads: list[threading.Thread] = []
        around = Surroundings(
            download=self._download,
            background=self._background,
            measure=lambda name, _value: self.measured.append(name),
        )
        server = cast("ModelServer", self.container)
        self.models = MultiModel(server, folder / "ml", "/opt/ml", around, cached=cached)

    def _download(self, _target: str, folder: Path) -> None:
        if self.refuse:
            raise ModelDataError("it is not there")
        self.downloaded.append(folder)

    def _background(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=name)
        self._threads.append(thread)
        thread.start()

    def ask(self, target: str, seconds: float = 30.0) -> bytes:
        question = Question(headers={}, body=b"x", model=target)
        return self.models.open(question, seconds).read().body

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()


@pytest.fixture
def loading(tmp_path: Path) -> Loading:
    return Loading(tmp_path)


def test_the_container_is_told_where_it_finds_the_model(loading: Loading, tmp_path: Path) -> None:
    assert loading.ask("a.tar.gz") == b"answer"
    name = name_of("a.tar.gz")
    assert loading.downloaded == [tmp_path / "ml" / "models" / name / "model"]
    told: Any = json.loads(loading.container.bodies[0])
    assert told == {"model_name": name, "url": f"/opt/ml/models/{name}/model"}
    assert loading.container.asked == [("POST", "/models"), ("POST", f"/models/{name}/invoke")]


def test_requests_that_come_at_once_load_the_model_once(loading: Loading) -> None:
    loading.container.may_load.clear()
    answers: list[bytes] = []
    clients = [
        threading.Thread(target=lambda: answers.append(loading.ask("a.tar.gz"))) for _ in range(5)
    ]
    for client in clients:
        client.start()
    loading.container.may_load.set()
    for client in clients:
        client.join(30)
    assert answers == [b"answer"] * 5
    assert loading.container.asked.count(("POST", "/models")) == 1
    assert loading.measured.count("ModelCacheHit") == 5


def test_a_request_does_not_wait_longer_for_a_model_than_it_may(loading: Loading) -> None:
    loading.container.may_load.clear()
    with pytest.raises(ModelNotReadyError):
        loading.ask("a.tar.gz", seconds=0.05)
    loading.container.may_load.set()
    # The loading went on meanwhile: it is not begun again.
    assert loading.ask("a.tar.gz") == b"answer"
    assert loading.container.asked.count(("POST", "/models")) == 1


def test_a_model_that_did_not_come_is_looked_for_again(loading: Loading) -> None:
    loading.refuse = True
    with pytest.raises(ModelDataError, match="it is not there"):
        loading.ask("a.tar.gz")
    loading.join()
    loading.refuse = False
    assert loading.ask("a.tar.gz") == b"answer"


def test_a_container_that_is_started_anew_has_loaded_nothing(loading: Loading) -> None:
    loading.ask("a.tar.gz")
    loading.models.forget()
    loading.ask("a.tar.gz")
    assert loading.container.asked.count(("POST", "/models")) == 2


def test_without_a_cache_the_model_is_unloaded_after_its_answer(tmp_path: Path) -> None:
    loading = Loading(tmp_path, cached=False)
    loading.ask("a.tar.gz")
    loading.join()
    assert loading.container.asked[-1] == ("DELETE", f"/models/{name_of('a.tar.gz')}")
