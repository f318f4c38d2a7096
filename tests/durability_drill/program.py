"""A container image's `train` and `serve` for the drill, and the program of its processing jobs.

Each does the same for the same name, so that whoever looks later knows what must be there.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ML = Path(os.environ.get("SAGEMAKER_LOCAL_ML_ROOT", "/opt/ml"))
STEPS = 4


def content_of(name: str, size: int) -> bytes:
    """What the job of this name writes, in bytes that no archive shortens."""
    block = name.encode()
    blocks: list[bytes] = []
    while len(blocks) * 32 < size:
        block = hashlib.sha256(block).digest()
        blocks.append(block)
    return b"".join(blocks)[:size]


def train() -> None:
    """``seconds`` in steps, with a checkpoint and a metric each; then a model of ``bytes``."""
    parameters = json.loads((ML / "input/config/hyperparameters.json").read_text())
    name, size = os.environ["TRAINING_JOB_NAME"], int(parameters["bytes"])
    for step in range(STEPS):
        time.sleep(float(parameters["seconds"]) / STEPS)
        (ML / "checkpoints").mkdir(exist_ok=True)
        (ML / "checkpoints" / f"step-{step}").write_bytes(content_of(f"{name}{step}", 1000))
        print(f"score={float(parameters.get('x', 0)) / (step + 1)};", flush=True)
    (ML / "model" / "weights").write_bytes(content_of(name, size))


def process() -> None:
    """One file of the job's own content."""
    name, seconds = sys.argv[2], float(sys.argv[3])
    time.sleep(seconds)
    (ML / "processing" / "output" / "file").write_bytes(content_of(name, 100_000))


class Handler(BaseHTTPRequestHandler):
    """Answers with the model's name and what it was sent."""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        name = (ML / "model" / "name").read_text()
        self._answer(f"{name}:{body.strip()}\n".encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Not each request."""


def serve() -> None:
    port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    {"train": train, "process": process, "serve": serve}[sys.argv[1]]()
