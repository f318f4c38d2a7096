"""Sessions against this local cloud: the service's own, and a role's."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import get_session

from local_cloud import ministack_bridge
from local_cloud.environment import (
    ROOT_ACCESS_KEY,
    ROOT_SECRET_KEY,
    endpoint_environment,
)
from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.container_credentials import ContainerCredentials
from local_cloud.sagemaker.service import Session
from local_cloud.settings import LocalCloudSettings

SERVICE_PRINCIPAL = "sagemaker.amazonaws.com"
SESSION_SECONDS = 28 * 24 * 3600
"""SageMaker's longest MaxRuntimeInSeconds: what the local cloud itself does for a job (its log, its
uploads) is done with one session from the beginning to the end."""
RENEW_SECONDS = SESSION_SECONDS // 2
CLIENT_CONFIG = Config(retries={"max_attempts": 4, "mode": "standard"}, max_pool_connections=32)


class LocalCredentials:
    """Implements :class:`local_cloud.sagemaker.service.Credentials` with STS's AssumeRole."""

    def __init__(self, settings: LocalCloudSettings) -> None:
        self._settings = settings
        self._containers = ContainerCredentials()
        self._lock = threading.Lock()
        self._keys: dict[tuple[str, str, str], tuple[float, dict[str, str]]] = {}

    def as_service(self) -> Session:
        return LocalSession(self._settings, ROOT_ACCESS_KEY, ROOT_SECRET_KEY, None)

    def as_role(
        self, role_arn: str, *, session_name: str, principal: str = SERVICE_PRINCIPAL
    ) -> Session:
        keys = self._assume(role_arn, session_name, principal=principal)
        return LocalSession(
            self._settings, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]
        )

    def access_key_of_state_machine(self, role_arn: str) -> str:
        """The id of keys of a state machine's role. Raises as :meth:`as_role` does."""
        keys = self._assume(role_arn, "state-machine", principal="states.amazonaws.com")
        return keys["AccessKeyId"]

    def environment(
        self, role_arn: str, *, session_name: str, principal: str = SERVICE_PRINCIPAL
    ) -> dict[str, str]:
        _check_trust(role_arn, principal)

        def assume(seconds: int) -> dict[str, str]:
            return self._new_keys(role_arn, session_name, principal, seconds)

        return {
            **endpoint_environment(self._settings),
            **self._containers.grant(role_arn, assume),
        }

    def revoke(self, environment: Mapping[str, str]) -> None:
        self._containers.revoke(environment)

    def _assume(
        self, role_arn: str, session_name: str, *, principal: str = SERVICE_PRINCIPAL
    ) -> dict[str, str]:
        session = (role_arn, session_name, principal)
        with self._lock:
            expires, keys = self._keys.get(session, (0.0, {}))
        if expires > time.time() + RENEW_SECONDS:
            return keys
        keys = self._new_keys(role_arn, session_name, principal, SESSION_SECONDS)
        with self._lock:
            self._keys[session] = (time.time() + SESSION_SECONDS, keys)
        return keys

    def _new_keys(
        self, role_arn: str, session_name: str, principal: str, seconds: int
    ) -> dict[str, str]:
        _check_trust(role_arn, principal)
        answer = (
            self.as_service()
            .client("sts")
            .assume_role(
                RoleArn=role_arn,
                # STS takes 2 to 64 characters; names of SageMaker's have 1 and more.
                RoleSessionName=session_name[:64].ljust(2, "-"),
                DurationSeconds=seconds,
            )
        )
        return dict(answer["Credentials"])


def _check_trust(role_arn: str, principal: str) -> None:
    if not ministack_bridge.trusts(role_arn, principal):
        raise ValidationException(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows "
            f"principal '{principal}' to assume the role."
        )


class _SharedLoader(Loader):
    """Keeps the descriptions of AWS's APIs that any session has read.

    Each is megabytes of JSON, and while one is parsed no other thread runs: a session that read
    its own made requests to endpoints wait for half a second.
    """

    @property
    def search_paths(self) -> list[str]:
        """A copy: each boto3 session adds its folder again."""
        return list(super().search_paths)


def _shared_session() -> boto3.Session:
    session = get_session()
    session.register_component("data_loader", _SharedLoader())  # type: ignore[no-untyped-call]
    return boto3.Session(botocore_session=session)


# Making one costs as much as three clients, and none differs but in its keys.
_SHARED: boto3.Session = _shared_session()
_MAKING_CLIENT = threading.Lock()
"""Clients may be used by several threads, but boto3 does not make them on several."""


class LocalSession:
    """A session whose every client talks to this local cloud, whatever the environment says."""

    def __init__(
        self, settings: LocalCloudSettings, key: str, secret: str, token: str | None
    ) -> None:
        self._local = settings
        self._keys = {
            "aws_access_key_id": key,
            "aws_secret_access_key": secret,
            "aws_session_token": token,
        }

    def client(self, name: str, **options: Any) -> Any:
        given: dict[str, Any] = {
            "region_name": self._local.region,
            "endpoint_url": self._local.endpoint_url,
            "verify": str(self._local.ca_bundle),
            "config": CLIENT_CONFIG,
            **options,
        }
        with _MAKING_CLIENT:
            return _SHARED.client(name, **given, **self._keys)
