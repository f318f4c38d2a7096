"""Runs a transform job: deals its objects out to its instances, and says how it ended."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from local_cloud.sagemaker.hosting.model_files import ModelDataError
from local_cloud.sagemaker.runner import sources
from local_cloud.sagemaker.runner.hosts import Host
from local_cloud.sagemaker.runner.job_run import JobRun, run_to_its_end
from local_cloud.sagemaker.runner.objects import NoObjectsError
from local_cloud.sagemaker.runner.sources import SourceObject
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.transform import state
from local_cloud.sagemaker.transform.instance import TransformInstance
from local_cloud.sagemaker.transform.pipeline import Failure, HaltedError
from local_cloud.sagemaker.transform.state import KIND, STATUS


class _FilesFailedError(Exception):
    def __init__(self, failures: Sequence[Failure], count: int) -> None:
        first = failures[0]
        more = "" if count == 1 else f" ({len(failures)} of {count} input objects failed)"
        super().__init__(
            f"{first.kind}: See job logs for more information{more}: "
            f"{first.source.label}: {first.reason}"
        )


def start(service: SageMakerService, name: str) -> None:
    """Run the job of this name in the background."""
    service.tasks.start(f"transform job {name}", lambda: _run(service, name))


def _run(service: SageMakerService, name: str) -> None:
    def fail(reason: str) -> None:
        state.end(service, name, "Failed", reason=reason)

    def work() -> None:
        try:
            _TransformRun(service, name).run()
        except HaltedError:
            # A stopping local cloud leaves the state as it is, for its next start to judge.
            if not service.tasks.stopping:
                state.end(service, name, "Stopped")
        except _FilesFailedError as error:
            fail(str(error))
        except NoObjectsError as error:
            fail(f"ClientError: {error.said_to(_TransformRun(service, name).role_arn)}")
        except ModelDataError as error:
            fail(f"ClientError: {error}")
        else:
            state.end(service, name, "Completed")

    run_to_its_end(service, work, fail)


class _TransformRun(JobRun):
    kind = KIND
    status = STATUS
    action = "CreateTransformJob"

    @property
    def role_arn(self) -> str:
        return str(self.request["_model"]["role"])

    @property
    def instances(self) -> int:
        return int(self.request["TransformResources"]["InstanceCount"])

    def run(self) -> None:
        source = self.request["TransformInput"]["DataSource"]["S3DataSource"]
        found = sources.find(self.s3, source)
        failures = self._side_by_side(found)
        if failures:
            order = {one: number for number, one in enumerate(found)}
            failures.sort(key=lambda failure: order[failure.source])
            raise _FilesFailedError(failures, len(found))

    def _side_by_side(self, found: Sequence[SourceObject]) -> list[Failure]:
        """As on AWS each object goes to one instance. The first that fails ends the others."""
        # Made before the threads, which share it.
        logs = self.session.client("logs")
        ended = threading.Event()
        errors: list[BaseException] = []

        def halted() -> bool:
            return ended.is_set() or self.service.tasks.stopping or self.stop_wanted()

        def work(host: Host) -> list[Failure]:
            first, step = host.part
            try:
                instance = TransformInstance(self, host.workspace, logs, halted)
                return instance.transform(found[first::step])
            except BaseException as error:
                errors.append(error)
                ended.set()
                return []

        with ThreadPoolExecutor(len(self.hosts)) as pool:
            failures = [one for share in pool.map(work, self.hosts) for one in share]
        if errors:
            # What came after it may be its consequence.
            raise errors[0]
        return failures
