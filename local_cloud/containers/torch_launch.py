"""Starts a training program on all processes of all hosts, as AWS's PyTorch images do.

The hyperparameter ``sagemaker_torch_distributed_enabled`` asks for it. Contract:
``torch_distributed.py`` of https://github.com/aws/sagemaker-training-toolkit: torchrun with a
node a host, a process a GPU (one where there is none), and the first host as master. Two things
differ, since all hosts of all jobs share this machine's ports: the master's port follows from the
job's name, and torchrun is told it on a single host as well. The variable
LOCAL_CLOUD_PROCESSES_PER_HOST of a job gives its hosts more processes than GPUs.
"""

from __future__ import annotations

import hashlib
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Any

ENABLED = "sagemaker_torch_distributed_enabled"
PROCESSES = "LOCAL_CLOUD_PROCESSES_PER_HOST"
FIRST_PORT, PORTS = 12000, 16000
"""Below what systems give to outgoing connections."""


class LaunchError(Exception):
    """The program cannot be started so."""


def wanted(own: Mapping[str, Any]) -> bool:
    return bool(own.get(ENABLED))


def command(
    program: str, resources: Mapping[str, Any], gpus: int, environment: Mapping[str, str]
) -> list[str]:
    """What starts the program; its arguments are to follow. Raises LaunchError."""
    if not program.endswith(".py"):
        raise LaunchError(
            f"{ENABLED} starts Python programs only: sagemaker_program is {program!r}"
        )
    hosts: Sequence[str] = resources["hosts"]
    given = environment.get(PROCESSES, "")
    if given and not (given.isdecimal() and int(given) > 0):
        raise LaunchError(f"{PROCESSES} must be a number above 0, not {given!r}")
    return [
        *(sys.executable, "-m", "torch.distributed.run"),
        *("--nnodes", str(len(hosts))),
        *("--nproc_per_node", given or str(gpus or 1)),
        *("--master_addr", master_address(hosts)),
        *("--master_port", str(master_port(environment))),
        *("--node_rank", str(hosts.index(resources["current_host"]))),
        program,
    ]


def variables(resources: Mapping[str, Any]) -> dict[str, str]:
    """Which network interface the processes meet on."""
    interface = str(resources.get("network_interface_name", "lo"))
    return {"NCCL_SOCKET_IFNAME": interface, "GLOO_SOCKET_IFNAME": interface}


def master_address(hosts: Sequence[str]) -> str:
    """The first host; this machine where hosts have no names."""
    try:
        socket.gethostbyname(hosts[0])
    except OSError:
        return "127.0.0.1"
    return hosts[0]


def master_port(environment: Mapping[str, str]) -> int:
    """The same on all hosts of a job, and another in another job."""
    name = environment.get("TRAINING_JOB_NAME", "")
    return FIRST_PORT + int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % PORTS
