"""What every resource family of the SageMaker service is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.store import Store
from local_cloud.settings import LocalCloudSettings


class Session(Protocol):
    """As boto3's."""

    def client(self, name: str, **options: Any) -> Any: ...


class Credentials(Protocol):
    """Gives sessions against this very local cloud, over its public HTTPS endpoint."""

    def as_service(self) -> Session:
        """The service's own session (account root): for what AWS does on its own behalf."""

    def as_role(self, role_arn: str, *, session_name: str) -> Session:
        """A session with the role's own credentials, so that its policies hold.

        Raises ApiError (ValidationException) where SageMaker may not assume the role.
        """

    def environment(self, role_arn: str, *, session_name: str) -> dict[str, str]:
        """The variables by which the SDKs in a container find those credentials (they are
        renewed while it runs), the endpoint and the certificate authority. To be revoked."""

    def revoke(self, environment: Mapping[str, str]) -> None:
        """End what :meth:`environment` gave, as far as the variables hold it."""


class Events(Protocol):
    """Puts SageMaker's events on the default EventBridge bus in AWS's shape."""

    def publish(
        self, detail_type: str, *, resources: list[str], detail: Mapping[str, Any]
    ) -> None: ...


class Tasks(Protocol):
    """Background work that ends when the local cloud stops."""

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Run ``work`` on a thread of its own; an exception out of it is logged with its trace."""

    @property
    def stopping(self) -> bool:
        """True once the local cloud is shutting down: leave state resumable and return."""


@dataclass(frozen=True, kw_only=True)
class SageMakerService:
    """One local cloud's SageMaker: settings, state, identities, events, background work."""

    settings: LocalCloudSettings
    store: Store
    credentials: Credentials
    events: Events
    tasks: Tasks
    call: Callable[[str, Request], Response]
    """``call(action, request)``: another action in process, validated as a client's request
    is but with no IAM check; raises ApiError. For what must obey a role's policies use
    ``credentials.as_role(...).client("sagemaker")`` instead."""

    def arn(self, resource: str) -> str:
        """``arn('training-job/x')`` is the ARN of that resource in this account and region."""
        return f"arn:aws:sagemaker:{self.settings.region}:{self.settings.account_id}:{resource}"


Action = Callable[[SageMakerService, Request], Response]
"""One API action: takes the validated request, answers the response as plain JSON
(timestamps as epoch seconds), raises ApiError."""
