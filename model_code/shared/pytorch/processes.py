"""The processes that train one model together: one for each GPU, started by torchrun.

torchrun tells each of them RANK, LOCAL_RANK and WORLD_SIZE:
https://docs.pytorch.org/docs/stable/elastic/run.html. On SageMaker the hyperparameter
``sagemaker_torch_distributed_enabled`` makes the container start it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed

from shared.environment import TrainingEnvironment
from shared.faults import RefusedError

SWITCH = "sagemaker_torch_distributed_enabled"


@dataclass(frozen=True, kw_only=True)
class Processes:
    """This process among all.

    Attributes:
        rank: 0 for the one that writes the log, checkpoints and the model.
        count: of all processes on all hosts.
        local_count: of those on this host.
    """

    rank: int = 0
    count: int = 1
    local_count: int = 1
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this process writes what one alone must write."""
        return self.rank == 0

    @property
    def on_gpu(self) -> bool:
        """Whether this process has a GPU."""
        return self.device.type == "cuda"

    def say(self, text: str) -> None:
        """A line of the log, once for all processes."""
        if self.is_first:
            print(text, flush=True)

    def sum(self, values: torch.Tensor) -> torch.Tensor:
        """The sums over all processes, in place."""
        if self.count > 1:
            distributed.all_reduce(values)
        return values

    def share(self, value: Any) -> Any:
        """What the first process has, in all of them."""
        if self.count == 1:
            return value
        box = [value]
        distributed.broadcast_object_list(box, src=0, device=self.device)
        return box[0]


@contextmanager
def joined(
    environment: TrainingEnvironment, variables: Mapping[str, str] = os.environ
) -> Iterator[Processes]:
    """Meet the other processes; leave them at the end, all together unless one fails.

    Raises:
        RefusedError: there are several hosts, and torchrun did not start this process.
    """
    gpus = torch.cuda.device_count()
    count = int(variables.get("WORLD_SIZE", "1"))
    if count == 1:
        if len(environment.hosts) > 1:
            raise RefusedError(
                "the hosts cannot train together:",
                [f"{SWITCH}: is not set, each host would train a model of its own; set it to true"],
            )
        if gpus > 1:
            print(f"{gpus} GPUs, one is used: {SWITCH} would use all", flush=True)
        yield Processes(device=torch.device("cuda", 0) if gpus else torch.device("cpu"))
        return
    local = int(variables["LOCAL_RANK"])
    device = torch.device("cuda", local) if gpus else torch.device("cpu")
    if gpus:
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if gpus else "gloo")
    try:
        yield Processes(
            rank=int(variables["RANK"]),
            count=count,
            local_count=int(variables.get("LOCAL_WORLD_SIZE", "1")),
            device=device,
        )
        # DistributedDataParallel keeps the group and its threads alive until Python ends. A thread
        # that lets go of the last sum's tensors only then aborts the process: while this one waits
        # for the first, which writes the model, it has let go.
        distributed.barrier(device_ids=[local] if gpus else None)
    finally:
        distributed.destroy_process_group()
