"""A model server of the drills: answers as its model's behaviour.json says, and names its model.

    {"model": "3", "behaviour": "right"}

A request has CSV rows whose first column is the index of their class. The answer has the form of
the built-in XGBoost's, a line a row, and in CustomAttributes the model's name; it is 400 where a
row begins with no number. Standard library only: it runs
in a container's stead, where nothing of this repository is.
"""

from __future__ import annotations

import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CLASSES = 3
SLOW_SECONDS = 2.0


class Handler(BaseHTTPRequestHandler):
    model = ""
    behaviour = ""

    def do_GET(self) -> None:
        self._answer(500 if self.behaviour == "never healthy" else 200, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.behaviour == "errors":
            self._answer(500, f"the model {self.model} fails on purpose".encode())
            return
        if self.behaviour == "slow":
            time.sleep(SLOW_SECONDS)
        rows = [row for row in body.split(b"\n") if row.strip()]
        try:
            self._answer(200, b"\n".join(map(self._prediction, rows)))
        except ValueError as error:
            self._answer(400, f"not a number: {error}".encode())

    def _prediction(self, row: bytes) -> bytes:
        shown = int(float(row.split(b",")[0]))
        if self.behaviour == "wrong":
            shown = (shown + 1) % CLASSES
        probabilities = [0.9 if index == shown else 0.05 for index in range(CLASSES)]
        return json.dumps(probabilities).encode()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/csv")
        self.send_header("X-Amzn-SageMaker-Custom-Attributes", f"model={self.model}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Not each request: thousands are sent."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


def main() -> None:
    told = Path(os.environ["SAGEMAKER_LOCAL_ML_ROOT"], "model", "behaviour.json").read_text()
    if json.loads(told)["behaviour"] == "crashes":
        raise SystemExit("this model cannot be loaded")
    Handler.model, Handler.behaviour = (json.loads(told)[key] for key in ("model", "behaviour"))
    print(f"the model {Handler.model} answers: {Handler.behaviour}", flush=True)
    Server(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()


if __name__ == "__main__":
    main()
