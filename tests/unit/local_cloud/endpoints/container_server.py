"""A container image's `serve` for the tests: answers as its model's behaviour.json says."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

MODEL = Path(os.environ["SAGEMAKER_LOCAL_ML_ROOT"], "model")
PORT = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
BEHAVIOUR: dict[str, Any] = json.loads((MODEL / "behaviour.json").read_text())


class Busy:
    """How many requests the server had at once, and whether its streams may go on."""

    lock = threading.Lock()
    now = 0
    most = 0
    released = threading.Event()

    @classmethod
    def wait(cls, seconds: float) -> int:
        """The most until the end of this request, which takes so long."""
        with cls.lock:
            cls.now += 1
            cls.most = max(cls.most, cls.now)
        time.sleep(seconds)
        with cls.lock:
            cls.now -= 1
            return cls.most


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(BEHAVIOUR.get("ping", 200), b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        word, _, rest = body.decode(errors="replace").partition(" ")
        time.sleep(BEHAVIOUR.get("answer_seconds", 0))
        if "answers" in BEHAVIOUR:
            self._answer(BEHAVIOUR["answers"], b"as always")
        elif word == "fail":
            self._answer(int(rest), f"the model says {rest}".encode())
        elif word == "die":
            os._exit(9)
        elif word == "stream":
            self._stream(rest)
        elif word == "release":
            Busy.released.set()
            self._answer(200, b"{}")
        elif word == "port":
            # Its process id is one of its own namespace.
            self._answer(200, json.dumps({"port": PORT}).encode())
        elif word == "environment":
            self._answer(200, json.dumps(dict(os.environ)).encode())
        elif word == "busy":
            self._answer(200, json.dumps({"most_at_once": Busy.wait(float(rest))}).encode())
        elif word == "slow":
            print("slow request", flush=True)
            time.sleep(float(rest))
            self._answer(200, json.dumps({"model": BEHAVIOUR["name"]}).encode())
        else:
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen = {"model": BEHAVIOUR["name"], "headers": headers, "size": len(body)}
            self._answer(200, json.dumps(seen).encode())

    def _stream(self, ending: str) -> None:
        """A first piece, and a second one once another request says so; or none of it."""
        self.protocol_version = "HTTP/1.1"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("X-Amzn-SageMaker-Custom-Attributes", f"accept={self.headers['Accept']}")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nfirst\r\n")
        if ending == "die":
            os._exit(9)
        assert Busy.released.wait(60)
        self.wfile.write(b"6\r\nsecond\r\n0\r\n\r\n")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Amzn-SageMaker-Custom-Attributes", "seen=yes")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Not each request, so that the log's end is what the server itself said."""


def ended(_number: int, _frame: object) -> None:
    print("SIGTERM: saying goodbye", flush=True)
    os._exit(0)


def main() -> None:
    print(f"server of {BEHAVIOUR['name']} on port {PORT}", flush=True)
    signal.signal(signal.SIGTERM, ended)
    if "crash" in BEHAVIOUR:
        sys.exit(BEHAVIOUR["crash"])
    time.sleep(BEHAVIOUR.get("start_seconds", 0))
    ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()


if __name__ == "__main__":
    main()
