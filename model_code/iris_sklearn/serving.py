"""The model server's answers, as a WSGI application (PEP 3333)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from iris_sklearn import payloads
from iris_sklearn.model_files import Model
from iris_sklearn.payloads import JSON, PayloadError

MAX_BYTES = 20 * 1024 * 1024
"""Real-time endpoints take 25 MB at most, batch transform sends 6 MB unless told otherwise."""
_STATUS = {
    200: "200 OK",
    400: "400 Bad Request",
    404: "404 Not Found",
    406: "406 Not Acceptable",
    413: "413 Content Too Large",
    415: "415 Unsupported Media Type",
}

Environ = dict[str, Any]
Answer = tuple[int, str, bytes]


class Application:
    """Answers requests to one model.

    "Custom Inference Code with Hosting Services" and "... with Batch Transform" in the developer
    guide.
    """

    def __init__(self, model: Model, *, workers: int) -> None:
        self._model = model
        self._workers = workers

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        status, kind, body = self._answer(environ)
        headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        start_response(_STATUS[status], headers)
        return [body]

    def _answer(self, environ: Environ) -> Answer:
        asked = (environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
        try:
            match asked:
                case ("GET", "/ping"):
                    return 200, JSON, b"{}"
                case ("GET", "/execution-parameters"):
                    return 200, JSON, json.dumps(self._execution_parameters()).encode()
                case ("POST", "/invocations"):
                    return self._invocation(environ)
            raise PayloadError(404, "there are GET /ping and POST /invocations")
        except PayloadError as error:
            return error.status, JSON, json.dumps({"error": str(error)}).encode()

    def _invocation(self, environ: Environ) -> Answer:
        kind = payloads.accepted(environ.get("HTTP_ACCEPT", ""))
        content_type = environ.get("CONTENT_TYPE") or payloads.CSV
        rows = payloads.decode(_body(environ), content_type, self._model.names)
        return 200, kind, payloads.encode(self._model.predict(rows), kind, self._model.names)

    def _execution_parameters(self) -> dict[str, Any]:
        return {
            "MaxConcurrentTransforms": self._workers,
            "BatchStrategy": "MULTI_RECORD",
            "MaxPayloadInMB": 6,
        }


def _body(environ: Environ) -> bytes:
    """Raises PayloadError for one that is too long."""
    body: bytes = environ["wsgi.input"].read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise PayloadError(413, f"the request has more than {MAX_BYTES} bytes")
    return body
