"""What the runs of training, processing and transform jobs have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from local_cloud.sagemaker.errors import ApiError
from local_cloud.sagemaker.runner import objects
from local_cloud.sagemaker.runner.failure import AlgorithmError
from local_cloud.sagemaker.runner.workspace import Workspace
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Document


class LeftForResumeError(Exception):
    """The local cloud is stopping: the job's state stays as it is."""


@dataclass(frozen=True)
class JobRun:
    """One run of the job ``name``; ``kind`` and ``status`` are the store's names for it."""

    service: SageMakerService
    name: str

    kind: ClassVar[str]
    status: ClassVar[str]

    @cached_property
    def request(self) -> Document:
        return self.service.store.get(self.kind, self.name)

    @cached_property
    def workspace(self) -> Workspace:
        return Workspace(self.service.settings.jobs_dir / f"{self.kind}-{self.name}")

    @property
    def role_arn(self) -> str:
        return str(self.request["RoleArn"])

    @cached_property
    def session(self) -> Any:
        return self.service.credentials.as_role(self.role_arn, session_name=self.name)

    @cached_property
    def s3(self) -> Any:
        return self.session.client("s3")

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
