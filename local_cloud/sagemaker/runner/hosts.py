"""The hosts of a job: on SageMaker an instance each, here a process each on this machine.

A host knows the others by name, ``algo-1`` and so on. Each job has a loopback network of its own
(127.x.y.1 is its first host), so that programs that bind to their own host's address do not meet.
Programs that bind to all addresses share the machine's ports with every other host and job.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local_cloud.sagemaker.runner.workspace import Workspace

MACHINE_HOSTS = Path("/etc/hosts")


@dataclass(frozen=True, kw_only=True)
class Host:
    """``index`` counts from 0; ``names`` are those of all hosts of the job."""

    name: str
    index: int
    names: tuple[str, ...]
    workspace: Workspace

    @property
    def part(self) -> tuple[int, int]:
        """This host's part of data that is dealt out: each so manieth, from which on."""
        return self.index, len(self.names)


def of_job(workspace: Workspace, count: int) -> list[Host]:
    """A single host has the job's own folder; several have one each in it."""
    names = tuple(f"algo-{number}" for number in range(1, count + 1))
    return [
        Host(
            name=name,
            index=index,
            names=names,
            workspace=workspace if count == 1 else Workspace(workspace.root / name),
        )
        for index, name in enumerate(names)
    ]


def write_names(job: str, hosts: Sequence[Host], folder: Path) -> Path | None:
    """The machine's /etc/hosts and the job's hosts, as a file in the folder; None where the
    machine has none in whose place it could stand."""
    if not MACHINE_HOSTS.is_file():
        return None
    text = MACHINE_HOSTS.read_text(encoding="utf-8", errors="replace")
    lines = [f"{_address(job, host.index)}\t{host.name}" for host in hosts]
    file = folder / "hosts"
    file.write_text("\n".join([text.rstrip("\n"), *lines, ""]), encoding="utf-8")
    return file


def _address(job: str, index: int) -> ipaddress.IPv4Address:
    first, second = hashlib.sha256(job.encode()).digest()[:2]
    # 127.0 is left to the machine itself. A network that two jobs share by chance does no harm
    # unless both have a program on the same port.
    return ipaddress.IPv4Address(f"127.{1 + first % 254}.{second}.1") + index
