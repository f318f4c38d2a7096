"""What the runs of training, processing and transform jobs have in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.runner import hosts, objects
from local_cloud.sagemaker.runner.cluster import Ending
from local_cloud.sagemaker.runner.failure import AlgorithmError, of_exit
from local_cloud.sagemaker.runner.hosts import Host
from local_cloud.sagemaker.runner.job_log import JobLog
from local_cloud.sagemaker.runner.workspace import Workspace
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document
from local_cloud.sagemaker.treatment import enforcement


class LeftForResumeError(Exception):
    """The local cloud is stopping: the job's state stays as it is."""


@dataclass(frozen=True)
class JobRun:
    """One run of the job ``name``; ``kind`` and ``status`` are the store's names for it, and
    ``action`` is the API's that made it."""

    service: SageMakerService
    name: str

    kind: ClassVar[str]
    status: ClassVar[str]
    action: ClassVar[str]

    @cached_property
    def request(self) -> Document:
        return self.service.store.get(self.kind, self.name)

    @cached_property
    def workspace(self) -> Workspace:
        return Workspace(self.service.settings.jobs_dir / f"{self.kind}-{self.name}")

    def discard_data(self) -> None:
        """Free the space, before the job's last status is told: once that is there, the job may
        be deleted and its folder be that of the next job of the name."""
        for host in self.hosts:
            host.workspace.discard_data()

    @property
    def instances(self) -> int:
        """How many hosts the job has."""
        return 1

    @cached_property
    def hosts(self) -> list[Host]:
        return hosts.of_job(self.workspace, self.instances)

    @property
    def role_arn(self) -> str:
        return str(self.request["RoleArn"])

    @cached_property
    def session(self) -> Any:
        return self.service.credentials.as_role(self.role_arn, session_name=self.name)

    @cached_property
    def s3(self) -> Any:
        return self.session.client("s3")

    @property
    def ignored(self) -> str:
        """A line for the job's log about what its request says in vain; empty for nothing."""
        found = enforcement.ignored(self.action, self.request)
        if not found:
            return ""
        return f"accepted and ignored ({enforcement.DOCS_PAGE} says why): {', '.join(found)}"

    def logs_of_hosts(self, group: str) -> dict[str, JobLog]:
        """A log by host, each with a stream of its own in the group."""
        client, now = self.session.client("logs"), int(time.time())
        return {
            host.name: JobLog(
                host.workspace.log, client, group=group, stream=f"{self.name}/{host.name}-{now}"
            )
            for host in self.hosts
        }

    def failure_of(self, ending: Ending, logs: Mapping[str, JobLog]) -> AlgorithmError:
        """Why the host failed that ended the job."""
        host = ending.host
        whose = f"{host.name}: " if len(host.names) > 1 else ""
        error = of_exit(host.workspace, ending.outcome.exit_code, list(logs[host.name].tail))
        return AlgorithmError(f"{whose}{error}")

    def stop_wanted(self) -> bool:
        document = self.service.store.get(self.kind, self.name)
        return bool(document[self.status] == "Stopping")


def run_to_its_end(
    service: SageMakerService, work: Callable[[], None], fail: Callable[[str], None]
) -> None:
    """Do the job's work; what goes wrong is its FailureReason, by whose fault it is.

    A fault of the local cloud's own is raised again, so that its trace is logged.
    """
    try:
        work()
    except LeftForResumeError:
        return
    except AlgorithmError as error:
        fail(f"AlgorithmError: {error}")
    except objects.DataError as error:
        fail(f"ClientError: {error}")
    except ApiError as error:
        fail(f"ClientError: {error.message}")
    except Exception as error:
        if service.tasks.stopping:
            # The services that it talks to are going: the next start says what became of it.
            return
        fail(f"InternalServerError: {type(error).__name__}: {error}")
        raise
