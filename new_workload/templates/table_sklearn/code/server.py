"""What the container does as `serve`: answers GET /ping and POST /invocations.

    request    text/csv           one row of features a line, empty where missing
               application/json   {"instances": [[5.1, 3.5, null], ...]}
    answer     text/csv           [0.9, 0.1] a line, by class index
               application/json   {"predictions": [{"label", "confidence", "probabilities"}]}

Gunicorn serves, a process for each CPU; the model is loaded before the processes part.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from gunicorn.app.base import BaseApplication

from my_workload import model
from my_workload.model import ML, Array, Model

CSV, JSON = "text/csv", "application/json"
MAX_BYTES = 20 * 1024 * 1024


def rows_of(body: bytes, content_type: str, features: int) -> Array:
    """Rows [n, features], NaN where missing. Raises ValueError for another request."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == CSV:
        lines = body.decode("utf-8-sig").splitlines()
        found = [[field or "nan" for field in line.split(",")] for line in lines if line.strip()]
    elif kind == JSON:
        document = json.loads(body)
        if not isinstance(document, dict) or "instances" not in document:
            raise ValueError('expected {"instances": [...]}')
        found = document["instances"]
    else:
        raise ValueError(f"{content_type!r} is not read; send {CSV} or {JSON}")
    rows = np.array(found, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != features or not len(rows) or np.isinf(rows).any():
        raise ValueError(f"expected rows of {features} finite numbers, got {rows.shape}")
    return rows


def answer(probabilities: Array, accept: str, classes: tuple[str, ...]) -> tuple[bytes, str]:
    """Body and content type."""
    listed = probabilities.tolist()
    if accept.partition(";")[0].strip().lower() == CSV:
        return "".join(f"{json.dumps(row)}\n" for row in listed).encode(), CSV
    predictions = [
        {
            "label": classes[row.index(max(row))],
            "confidence": max(row),
            "probabilities": dict(zip(classes, row, strict=True)),
        }
        for row in listed
    ]
    return json.dumps({"predictions": predictions}, ensure_ascii=False).encode(), JSON


class Application:
    """Answers requests to one model (WSGI)."""

    def __init__(self, served: Model) -> None:
        self._model = served

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        status, body, kind = self._answer(environ)
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    def _answer(self, environ: dict[str, Any]) -> tuple[str, bytes, str]:
        asked = f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '')}"
        if asked == "GET /ping":
            return "200 OK", b"{}", JSON
        if asked != "POST /invocations":
            return "404 Not Found", b'{"error": "there are GET /ping and POST /invocations"}', JSON
        body = environ["wsgi.input"].read(MAX_BYTES + 1)
        try:
            if len(body) > MAX_BYTES:
                raise ValueError(f"the request has more than {MAX_BYTES} bytes")
            rows = rows_of(body, environ.get("CONTENT_TYPE", ""), len(self._model.features))
        except (ValueError, TypeError) as error:
            return "400 Bad Request", json.dumps({"error": str(error)}).encode(), JSON
        answered = self._model.predict(rows)
        accept = environ.get("HTTP_ACCEPT", "")
        return ("200 OK", *answer(answered, accept, self._model.classes))


class Server(BaseApplication):
    """Gunicorn, set up by code."""

    def load_config(self) -> None:
        """On 127.0.0.1 alone where it does not run in a container."""
        outside = "SAGEMAKER_LOCAL_ML_ROOT" in os.environ
        host = "127.0.0.1" if outside else "0.0.0.0"  # noqa: S104 - the container's network
        config: Any = self.cfg
        config.set("bind", f"{host}:{os.environ.get('SAGEMAKER_BIND_TO_PORT', '8080')}")
        config.set("workers", len(os.sched_getaffinity(0)))
        config.set("worker_class", "gthread")
        config.set("threads", 4)
        config.set("preload_app", True)
        config.set("control_socket_disable", True)

    def load(self) -> Application:
        return Application(model.load(ML / "model"))


def main() -> int:
    """Serve until SIGTERM."""
    Server().run()  # type: ignore[no-untyped-call]
    return 0
