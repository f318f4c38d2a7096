"""A container of one's own that knows no port but 8080."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from local_cloud.sagemaker.hosting.server import USUAL_PORT, ModelServer
from local_cloud.sagemaker.runner.images import Image

SERVE = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"from the usual port")
http.server.HTTPServer(("127.0.0.1", 8080), Handler).serve_forever()
"""


def test_a_server_that_listens_on_8080_in_any_case_is_found_there(tmp_path: Path) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", USUAL_PORT)) == 0:
            pytest.skip("another program listens on 8080")
    files = tmp_path / "root"
    (files / "srv").mkdir(parents=True)
    (files / "srv" / "serve.py").write_text(SERVE)
    image = Image(uri="own", python=Path(sys.executable), files=files)
    command = [sys.executable, "/srv/serve.py"]
    server = ModelServer(command, {}, tmp_path / "ml", tmp_path / "log", image=image)
    server.start()
    try:
        assert server.await_healthy(30, cancelled=lambda: False)
        assert server.invoke({}, b"x", 10).body == b"from the usual port"
    finally:
        server.stop()
