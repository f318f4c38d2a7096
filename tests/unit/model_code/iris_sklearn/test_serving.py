"""What the model server answers: within this process, and as a process of its own."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts.predictions import joined_row, predictions_of
from infra.assets import ROOT
from iris_sklearn import model_files, server, serving
from iris_sklearn.channels import Names
from iris_sklearn.estimators import build
from iris_sklearn.faults import RefusedError
from iris_sklearn.hyperparameters import Hyperparameters
from iris_sklearn.model_files import Model
from iris_sklearn.serving import Application

NAMES = Names(classes=("small", "ünï"), features=("x", "y"))
ROWS = np.array([[number / 10, number % 3] for number in range(40)])
LABELS = (ROWS[:, 0] > 2).astype(int)
BODY = b"0.1,1\n3.9,\n"


@pytest.fixture(scope="module")
def model() -> Model:
    pipeline = build(Hyperparameters(C=100.0)).fit(ROWS, LABELS)
    return Model(pipeline=pipeline, names=NAMES, hyperparameters={})


Answer = tuple[str, str, bytes]


def ask(model: Model, body: bytes, content_type: str = "text/csv", accept: str = "") -> Answer:
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/invocations"}
    return ask_raw(
        model,
        {
            **environ,
            "CONTENT_TYPE": content_type,
            "HTTP_ACCEPT": accept,
            "wsgi.input": io.BytesIO(body),
        },
    )


def ask_raw(model: Model, environ: dict[str, Any]) -> Answer:
    told: list[Any] = []
    body = Application(model, workers=3)(environ, lambda *heard: told.extend(heard))
    status, headers = told
    return status, dict(headers)["Content-Type"], b"".join(body)


def test_json_answers_are_those_of_the_contract(model: Model) -> None:
    status, content_type, body = ask(model, BODY)

    assert (status, content_type) == ("200 OK", "application/json")
    small, large = predictions_of(body, content_type, NAMES.classes, rows=2)
    assert (small.label, large.label) == NAMES.classes
    assert small.probabilities[0] == small.confidence > 0.5


def test_csv_answers_are_a_line_a_row_and_can_be_joined(model: Model) -> None:
    status, content_type, body = ask(model, BODY, accept="text/csv")

    assert (status, content_type) == ("200 OK", "text/csv")
    found = predictions_of(body, content_type, NAMES.classes, rows=2)
    lines = body.decode().splitlines()
    joined = [
        joined_row(f"{label},{row},{answer}", features=2, classes=NAMES.classes)
        for label, row, answer in zip((0, 1), BODY.decode().split(), lines, strict=True)
    ]
    assert [row.prediction for row in joined] == found
    expected = model.predict(np.array([[0.1, 1], [3.9, np.nan]]))
    assert [list(item.probabilities) for item in found] == expected.tolist()


@pytest.mark.parametrize("instances", [[[0.1, 1], [3.9, None]], [{"x": 0.1, "y": 1}, {"x": 3.9}]])
def test_json_requests_are_lists_or_objects_by_feature(instances: Any, model: Model) -> None:
    body = json.dumps({"instances": instances}).encode()

    assert ask(model, body, "application/json; charset=utf-8") == ask(model, BODY)


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status", "told"),
    [
        (b"1,2", "image/png", "", 415, "send text/csv or application/json"),
        (b"1,2", "text/csv", "image/png", 406, "accept application/json or text/csv"),
        (b"", "text/csv", "", 400, "holds no row"),
        (b"x,y\n1,2", "text/csv", "", 400, "line 1: could not convert"),
        (b"1,2\n1,2,3", "text/csv", "", 400, "line 2: expected 2 features (x, y), got 3"),
        (b"1,nan", "text/csv", "", 400, "'nan' is not a finite number"),
        (b"\xff,1", "text/csv", "", 400, "utf-8"),
        (b'"1,2', "text/csv", "", 400, "unexpected end of data"),
        (b"{", "application/json", "", 400, "Expecting"),
        (b"[1]", "application/json", "", 400, "instances"),
        (b'{"instances": [1]}', "application/json", "", 400, "instances[0]: expected a list"),
        (b'{"instances": [[1, "2"]]}', "application/json", "", 400, "'2' is not a finite number"),
        (b'{"instances": [[1, NaN]]}', "application/json", "", 400, "not a finite number"),
        (b'{"instances": [{"z": 1}]}', "application/json", "", 400, "'z' is no feature"),
    ],
)
def test_what_cannot_be_answered_is_told(
    body: bytes, content_type: str, accept: str, status: int, told: str, model: Model
) -> None:
    answered, kind, content = ask(model, body, content_type, accept)

    assert answered.startswith(str(status))
    assert kind == "application/json"
    assert told in json.loads(content)["error"]


def test_a_request_that_is_too_long_is_refused(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "MAX_BYTES", 10)

    assert ask(model, b"1,2\n" * 10)[0] == "413 Content Too Large"


def test_pings_and_execution_parameters_are_answered_and_other_paths_are_not(
    model: Model,
) -> None:
    assert ask_raw(model, {"REQUEST_METHOD": "GET", "PATH_INFO": "/ping"})[0] == "200 OK"
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/execution-parameters"}
    parameters = json.loads(ask_raw(model, environ)[2])
    assert parameters["BatchStrategy"] == "MULTI_RECORD"
    assert parameters["MaxConcurrentTransforms"] == 3
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/invocations"}
    assert ask_raw(model, environ)[0] == "404 Not Found"


def test_there_are_as_many_processes_as_cpus_unless_told() -> None:
    found = server.settings({})
    assert found["workers"] == len(os.sched_getaffinity(0))
    assert found["bind"] == "0.0.0.0:8080"

    variables = {"SAGEMAKER_MODEL_SERVER_WORKERS": "7", "SAGEMAKER_BIND_TO_PORT": "9000"}
    found = server.settings({**variables, "SAGEMAKER_LOCAL_ML_ROOT": "/x"})
    assert (found["workers"], found["bind"]) == (7, "127.0.0.1:9000")


def test_all_wrong_variables_are_told_at_once() -> None:
    with pytest.raises(RefusedError) as caught:
        server.settings(
            {"SAGEMAKER_MODEL_SERVER_WORKERS": "0", "SAGEMAKER_MODEL_SERVER_TIMEOUT": "soon"}
        )
    assert len(caught.value.faults) == 2


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The image's `serve` as a process; address and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "model_code"),
        "SAGEMAKER_LOCAL_ML_ROOT": str(folder),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "SAGEMAKER_MODEL_SERVER_WORKERS": "2",
        "SERVE_AS_USER": "nobody",
    }
    process = subprocess.Popen(
        [ROOT / "model_code" / "iris_sklearn" / "serve"],
        env=environment,
        stderr=subprocess.PIPE,
    )
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_the_server_runs_several_processes_and_ends_when_told(model: Model, tmp_path: Path) -> None:
    model_files.save(tmp_path / "model", model)
    with served(tmp_path) as (address, process):
        deadline = time.monotonic() + 120
        while True:
            try:
                with urllib.request.urlopen(f"{address}/ping", timeout=5) as answer:
                    assert answer.status == 200
                break
            except OSError:  # refused, or slower than that on a busy machine
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.2)
        request = urllib.request.Request(
            f"{address}/invocations", data=BODY, headers={"Content-Type": "text/csv"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.read() == ask(model, BODY)[2]
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        # The first may answer before the second is there.
        while len(children.read_text().split()) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(children.read_text().split()) == 2
    assert process.returncode == 0


def test_the_server_does_not_start_without_a_model(tmp_path: Path) -> None:
    with served(tmp_path) as (_, process):
        _, told = process.communicate(timeout=120)

    assert process.returncode == 1
    assert b"the model is missing" in told
