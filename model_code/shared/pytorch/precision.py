"""In which precision a device calculates: 16 bits where it has hardware for them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

from shared.pytorch.processes import Processes


class Precision:
    """Autocast for the forward pass, and a scaler of the loss where its numbers need one.

    bfloat16 has float32's range and needs no scaling; GPUs before Ampere have float16 alone.
    """

    def __init__(self, processes: Processes, *, mixed: bool) -> None:
        self.dtype: torch.dtype = torch.float32
        if mixed and processes.on_gpu:
            modern = torch.cuda.get_device_capability(processes.device) >= (8, 0)
            self.dtype = torch.bfloat16 if modern else torch.float16
        self.scaler = torch.amp.GradScaler("cuda", enabled=self.dtype is torch.float16)

    @property
    def name(self) -> str:
        """float32, bfloat16 or float16."""
        return str(self.dtype).removeprefix("torch.")

    def autocast(self) -> AbstractContextManager[object]:
        """Around the forward pass and the loss."""
        if self.dtype is torch.float32:
            return nullcontext()
        return torch.autocast("cuda", dtype=self.dtype)
