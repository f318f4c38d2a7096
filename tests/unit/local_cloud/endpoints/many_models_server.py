"""A multi-model container's `serve` for the tests, with room for as many models as ROOM says.

``/models`` lists, loads and unloads; a model answers with its name and what it was asked.
"""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOM = int(os.environ.get("ROOM", "2"))
LOADED: dict[str, dict[str, Any]] = {}
LOADS: list[str] = []
RELEASED = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/ping":
            self._answer(200, {})
        elif self.path == "/models":
            self._answer((os.environ.get("LISTS", "200") == "200" and 200) or 404, self._list())
        else:
            self._answer(200 if self._name in LOADED else 404, {})

    def do_DELETE(self) -> None:
        print(f"unloaded {LOADED.pop(self._name)['name']}", flush=True)
        self._answer(200, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/models":
            self._load(json.loads(body))
        elif self._name not in LOADED:
            self._answer(404, {})
        else:
            self._invoke(body)

    @property
    def _name(self) -> str:
        return self.path.split("/")[2]

    def _list(self) -> dict[str, Any]:
        return {"models": [{"modelName": name} for name in LOADED]}

    def _load(self, request: dict[str, str]) -> None:
        name = request["model_name"]
        behaviour = json.loads(Path(request["url"], "behaviour.json").read_text())
        if "refuses" in behaviour:
            self._answer(500, {"why": behaviour["refuses"]})
        elif len(LOADED) >= ROOM:
            self._answer(507, {"why": "no room"})
        else:
            LOADED[name] = behaviour
            LOADS.append(behaviour["name"])
            self._answer(200, {})

    def _invoke(self, body: bytes) -> None:
        word = body.decode()
        if word == "wait":
            assert RELEASED.wait(60)
        if word == "release":
            RELEASED.set()
        if word == "forget":
            LOADED.clear()
        target = self.headers["X-Amzn-SageMaker-Target-Model"]
        name = "gone" if word == "forget" else LOADED[self._name]["name"]
        self._answer(200, {"model": name, "target": target, "loads": LOADS})

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Not each request."""


if __name__ == "__main__":
    port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
