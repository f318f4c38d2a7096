"""Where the SDKs in jobs and model servers get their role's credentials, as in AWS's containers.

On AWS a container asks 169.254.170.2; here it asks a loopback address that this process serves,
by the SDKs' ``AWS_CONTAINER_CREDENTIALS_FULL_URI`` ("Container credential provider" in the AWS SDKs
and Tools reference guide). The token in ``AWS_CONTAINER_AUTHORIZATION_TOKEN`` says who asks: each
container has one of its own, which is worth nothing once the container has ended.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

logger = logging.getLogger("local_cloud.credentials")

SESSION_SECONDS = 3600
RENEW_SECONDS = 1800
"""SDKs ask again 15 minutes before the end; what they get then must be new."""
REQUEST_SECONDS = 10.0
"""After which a connection is closed on which nothing is asked: each has a thread."""
URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105 - the variable's name
PATH = "/v2/credentials"

Assume = Callable[[int], Mapping[str, str]]
"""STS's AssumeRole for so many seconds: AccessKeyId, SecretAccessKey and SessionToken."""


@dataclass
class _Grant:
    role_arn: str
    assume: Assume
    clock: Callable[[], float]
    keys: Mapping[str, str] = field(default_factory=dict)
    expires: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def document(self) -> dict[str, str]:
        """As AWS's endpoint answers it."""
        with self.lock:
            if self.expires < self.clock() + RENEW_SECONDS:
                self.keys = self.assume(SESSION_SECONDS)
                self.expires = self.clock() + SESSION_SECONDS
            return {
                "RoleArn": self.role_arn,
                "AccessKeyId": self.keys["AccessKeyId"],
                "SecretAccessKey": self.keys["SecretAccessKey"],
                "Token": self.keys["SessionToken"],
                "Expiration": f"{datetime.fromtimestamp(self.expires, UTC):%Y-%m-%dT%H:%M:%SZ}",
            }


class ContainerCredentials:
    """Grants a role to a container, and answers what the container's SDKs ask."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._grants: dict[str, _Grant] = {}
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    def grant(self, role_arn: str, assume: Assume) -> dict[str, str]:
        """The variables for one container; the role is assumed once its SDKs ask."""
        grant = _Grant(role_arn, assume, self._clock)
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._grants[token] = grant
            if self._server is None:
                self._server = self._serve()
        port = self._server.server_address[1]
        return {URI: f"http://127.0.0.1:{port}{PATH}", TOKEN: token}

    def revoke(self, environment: Mapping[str, str]) -> None:
        """End what was granted with these variables, if anything was."""
        with self._lock:
            self._grants.pop(environment.get(TOKEN, ""), None)

    def answer(self, path: str, token: str) -> tuple[int, dict[str, str]]:
        """Status and document for a request."""
        with self._lock:
            grant = self._grants.get(token)
        if path != PATH or grant is None:
            return 403, {"code": "AccessDenied", "message": "no container has this token"}
        try:
            return 200, grant.document()
        except Exception as error:
            logger.exception("no credentials of %s for a container", grant.role_arn)
            return 500, {"code": "InternalServerError", "message": str(error)}

    def _serve(self) -> ThreadingHTTPServer:
        answer = self.answer

        class Handler(BaseHTTPRequestHandler):
            timeout = REQUEST_SECONDS

            def do_GET(self) -> None:
                status, document = answer(self.path, self.headers.get("Authorization", ""))
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: Any) -> None:
                """Silent: what is asked here is no news, and the log is no place for tokens."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(
            target=server.serve_forever, name="container credentials", daemon=True
        ).start()
        return server
