"""The life of a job's container on one host, whatever kind of job it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local_cloud.sagemaker.runner import installed, isolation, process
from local_cloud.sagemaker.runner.container_view import view_of
from local_cloud.sagemaker.runner.hosts import Host
from local_cloud.sagemaker.runner.images import Image
from local_cloud.sagemaker.runner.job_log import JobLog
from local_cloud.sagemaker.runner.workspace import Workspace
from local_cloud.sagemaker.service import SageMakerService


@dataclass(frozen=True, kw_only=True)
class ContainerJob:
    """``environment`` is what the job's request and its contract set; ``names`` stands for the
    machine's /etc/hosts; ``note`` is told in the log, unless it is empty."""

    service: SageMakerService
    host: Host
    names: Path | None
    image: Image
    argv: Sequence[str]
    environment: Mapping[str, str]
    role_arn: str
    name: str
    max_seconds: float
    note: str = ""
    isolated: bool = False
    """By EnableNetworkIsolation: no network, no credentials."""

    @property
    def workspace(self) -> Workspace:
        return self.host.workspace

    @property
    def _without_network(self) -> bool:
        # Peers may talk on AWS, and a network of its own would part a host from them.
        return self.isolated and len(self.host.names) == 1

    def run(
        self, log: JobLog, *, on_line: Callable[[str], None], stop_wanted: Callable[[], bool]
    ) -> process.Outcome:
        """Blocks until the container's end. Raises OSError where it cannot start."""
        if self.image.note:
            log.write(f"[local cloud] {self.image.note}")
        if self.note:
            log.write(f"[local cloud] {self.note}")
        view = view_of(
            self.image,
            self.service.settings,
            ml=self.workspace.ml,
            scratch=self.workspace.scratch,
            names=self.names,
            network=not self._without_network,
        )
        for said in isolation.note("job"):
            log.write(f"[local cloud] {said}")
        if isolation.method() == "rewrite" and len(self.host.names) > 1:
            log.write(
                "[local cloud] the hosts' names do not resolve: no job can have an /etc/hosts of "
                "its own here; every host is 127.0.0.1"
            )
        identity = self._identity()
        environment = self._environment(identity)
        if self.isolated and (view.network or isolation.method() == "rewrite"):
            log.write(
                "[local cloud] the network is not cut off (EnableNetworkIsolation): that takes "
                "namespaces and a job on one instance; there are no credentials"
            )

        def line(text: str) -> None:
            log.write(text)
            on_line(text)

        try:
            command = isolation.isolate(view, self.argv, environment)
            return process.run(
                command,
                cwd=self.workspace.scratch,
                on_line=line,
                stop_wanted=stop_wanted,
                shutting_down=lambda: self.service.tasks.stopping,
                max_seconds=self.max_seconds,
            )
        finally:
            self.service.credentials.revoke(identity)
            isolation.clear(view.scratch)

    def _environment(self, identity: Mapping[str, str]) -> dict[str, str]:
        """Nothing of the local cloud's own environment: a job sees what a container would. A
        request may set the variables of ``identity`` otherwise."""
        scratch = str(self.workspace.scratch)
        given = {
            "PATH": self.image.search_path,
            "HOME": scratch,
            "TMPDIR": scratch,
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            **self.image.environment,
            **identity,
            **self.environment,
        }
        return {**given, **installed.environment(self.workspace.scratch, given)}

    def _identity(self) -> dict[str, str]:
        if self.isolated:
            return {}
        return self.service.credentials.environment(self.role_arn, session_name=self.name)
