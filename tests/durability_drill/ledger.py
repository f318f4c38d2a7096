"""What the local cloud has answered so far: what must be so after any kill."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.config import Config

from tests.local_cloud_fixture import RunningCloud

SERVICES = ("sagemaker", "sagemaker-runtime", "s3", "iam", "sqs", "dynamodb")
QUEUE = "messages"
# A request that the kill broke off must not be sent again to the next server.
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=60)


class Clients:
    """One client a service, each call of which is one request."""

    def __init__(self, cloud: RunningCloud) -> None:
        self._clients = {name: cloud.client(name, config=ONCE) for name in SERVICES}
        account = cloud.settings.account_id
        self.queue_url = f"{cloud.settings.endpoint_url}/{account}/{QUEUE}"

    def __getitem__(self, name: str) -> Any:
        return self._clients[name]


Read = Callable[[Clients], Any]


@dataclass
class Fact:
    """``read`` must give one of the allowed: of what was being changed when the server was killed
    that is the old and the new."""

    what: str
    read: Read
    allowed: list[Any]


@dataclass(frozen=True)
class Job:
    """A job that was created and whose end nobody has seen: after a kill it must come to one of
    ``ends``, or be Failed for the reason that the docs name."""

    kind: str
    name: str
    status: Callable[[Clients], tuple[str, str]]
    """Its status, and its FailureReason or ''."""
    ends: tuple[str, ...]
    may_fail: bool


@dataclass
class Ledger:
    """Any thread may write it."""

    facts: dict[str, Fact] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    """Messages in the queue."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def holds(self, what: str, read: Read, value: Any) -> None:
        """From now on this is so."""
        with self._lock:
            self.facts[what] = Fact(what, read, [value])

    def may_become(self, what: str, read: Read, value: Any) -> None:
        """It is asked for: until it is answered, both this and what was before may be so."""
        with self._lock:
            before = self.facts.get(what)
            self.facts[what] = Fact(what, read, [*(before.allowed if before else [None]), value])

    def runs(self, job: Job) -> None:
        with self._lock:
            self.jobs[f"{job.kind} {job.name}"] = job

    def ended(self, job: Job) -> None:
        with self._lock:
            del self.jobs[f"{job.kind} {job.name}"]
