"""Cold starts of a serverless variant in this very process, whose server waits for a sign."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cloud.sagemaker.hosting.multi_model import ModelNotReadyError
from local_cloud.sagemaker.hosting.question import Question
from local_cloud.sagemaker.hosting.serverless import ServerlessVariant
from tests.unit.local_cloud.endpoints.own_servers import plan_of, serving

SERVER = """
import http.server, os, socket

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    do_POST = do_GET

with socket.create_connection(("127.0.0.1", int(os.environ["GATE"]))) as gate:
    gate.recv(1)
port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
QUESTION = Question(headers={}, body=b"x")


@pytest.fixture
def gate() -> Iterator[socket.socket]:
    """Where a server waits for a byte before it listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        yield listener


@pytest.fixture
def variant(tmp_path: Path, gate: socket.socket) -> Iterator[ServerlessVariant]:
    plan = plan_of(
        environment={"GATE": str(gate.getsockname()[1])},
        instances=0,
        health_check_seconds=60,
        serverless={"MemorySizeInMB": 1024, "MaxConcurrency": 2},
    )
    with serving(tmp_path, SERVER) as service:
        made = ServerlessVariant(service, "e", plan, "d")
        yield made
        made.stop()


def test_a_start_that_a_request_cannot_wait_for_serves_the_next_one(
    variant: ServerlessVariant, gate: socket.socket
) -> None:
    with pytest.raises(ModelNotReadyError):
        variant.open(QUESTION, 0.05)
    assert variant.concurrent == 0
    connection, _ = gate.accept()
    with connection:
        connection.sendall(b"x")
        assert variant.open(QUESTION, 30).read().status == 200
    assert len(variant.instances) == 1
    # No other process was started meanwhile.
    gate.settimeout(0.0)
    with pytest.raises(BlockingIOError):
        gate.accept()


def test_a_start_that_nobody_waits_for_ends_with_the_variant(
    variant: ServerlessVariant, gate: socket.socket
) -> None:
    with pytest.raises(ModelNotReadyError):
        variant.open(QUESTION, 0.05)
    connection, _ = gate.accept()
    variant.stop()
    with connection:
        # Its end closes the connection.
        connection.settimeout(30)
        assert connection.recv(1) == b""
    assert variant.instances == []
