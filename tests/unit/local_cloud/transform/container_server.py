"""A container image's `serve` for the tests: adds numbers up, one line of the request at a time.

Its environment says the rest: FORM json for objects instead of rows, PARTIES for how many
requests it waits for before it answers any, PARAMETERS for what /execution-parameters offers.
"""

from __future__ import annotations

import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

NAME = Path(os.environ["SAGEMAKER_LOCAL_ML_ROOT"], "model/name.txt").read_text()
TOGETHER = threading.Barrier(int(os.environ.get("PARTIES", "1")), timeout=20)
refused: set[str] = set()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        offered = os.environ.get("PARAMETERS")
        if self.path == "/ping":
            self._answer(200, "")
        elif self.path == "/execution-parameters" and offered:
            self._answer(200, offered)
        else:
            self._answer(404, "")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        seen = {name: self.headers.get(name) for name in ("Content-Type", "Accept")}
        # One write: lines of requests at the same time do not mix.
        os.write(1, (json.dumps({"size": len(body), **seen}) + "\n").encode())
        TOGETHER.wait()
        word, _, rest = body.partition(" ")
        if word == "refuse":
            self._answer(int(rest), f"the model refuses with {rest}")
        elif word == "first" and body not in refused:
            refused.add(body)
            self._answer(503, "try again")
        elif word == "die":
            os._exit(9)
        elif word == "wait":
            print("waiting", flush=True)
            time.sleep(600)
        elif word == "environment":
            self._answer(200, json.dumps(dict(os.environ)))
        else:
            self._answer(200, "\n".join(predict(line) for line in body.split("\n")) + "\n")

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Not each request: the tests read what the model itself says."""


def predict(line: str) -> str:
    if os.environ.get("FORM") == "json":
        record = json.loads(line)
        numbers = record["features"] if isinstance(record, dict) else record
        return json.dumps({"sum": sum(numbers)})
    cells = line.split(",")
    return str(sum(int(cell) for cell in cells if cell.isdigit()))


def main() -> None:
    print(f"serving {NAME}", flush=True)
    if "CRASH" in os.environ:
        raise SystemExit(os.environ["CRASH"])
    port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main()
