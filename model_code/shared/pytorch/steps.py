"""What one epoch computes: steps over the training data, then sums over the validation data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DistributedDataParallel

from shared.pytorch.precision import Precision
from shared.pytorch.processes import Processes

_CLIP_NORM = 5.0


class Sums(NamedTuple):
    """Of the pictures of an epoch: their losses, how many were right, how many there were."""

    loss: float
    right: float
    pictures: float


class Steps:
    """Trains and measures a model, whose parameters that learn are those of `optimizer`."""

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        processes: Processes,
        precision: Precision,
        *,
        class_weights: Sequence[float] | None,
        compiled: bool,
    ) -> None:
        self.optimizer = optimizer
        self._model = model
        self._processes = processes
        self._precision = precision
        counted = None if class_weights is None else torch.tensor(class_weights)
        self._class_weights = None if counted is None else counted.to(processes.device)
        # Gradients are averaged over the processes; averages of batch normalisation are by
        # `_average_norms`, once an epoch instead of at each step.
        together: Any = model
        if processes.count > 1:
            gpus = [processes.device.index] if processes.on_gpu else None
            together = DistributedDataParallel(model, device_ids=gpus, broadcast_buffers=False)
        # Measuring has batches of another size, which would be compiled anew.
        self._learning = torch.compile(together) if compiled and processes.on_gpu else together

    def train(self, batches: Iterable[Any], rates: Iterable[float]) -> Sums:
        """One pass over batches (pixels, labels), learning from each at its rate."""
        _set_training(self._model)
        sums = self._zeros()
        scaler = self._precision.scaler
        for (pixels, labels), rate in zip(batches, rates, strict=True):
            images, wanted = self._moved(pixels, labels)
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            with self._precision.autocast():
                logits = self._learning(images)
            losses = cross_entropy(logits.float(), wanted, reduction="none")
            if self._class_weights is not None:
                losses = losses * self._class_weights[wanted]
            self.optimizer.zero_grad(set_to_none=True)
            scaler.scale(losses.mean()).backward()
            scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self._model.parameters(), _CLIP_NORM)
            scaler.step(self.optimizer)
            scaler.update()
            sums += _figures(losses, logits, wanted)
        self._average_norms()
        return self._over_all(sums)

    @torch.inference_mode()
    def measure(self, batches: Iterable[Any]) -> Sums:
        """One pass over batches (pixels, labels), learning nothing."""
        self._model.eval()
        sums = self._zeros()
        for pixels, labels in batches:
            images, wanted = self._moved(pixels, labels)
            with self._precision.autocast():
                logits = self._model(images)
            sums += _figures(
                cross_entropy(logits.float(), wanted, reduction="none"), logits, wanted
            )
        return self._over_all(sums)

    def _moved(self, pixels: Any, labels: Any) -> tuple[Any, Any]:
        device = self._processes.device
        images = pixels.to(device, non_blocking=True, memory_format=torch.channels_last)
        return images, labels.to(device, non_blocking=True)

    def _zeros(self) -> torch.Tensor:
        # 64 bits: a million losses are added up.
        return torch.zeros(3, dtype=torch.float64, device=self._processes.device)

    def _over_all(self, sums: torch.Tensor) -> Sums:
        return Sums(*self._processes.sum(sums).tolist())

    @torch.no_grad()
    def _average_norms(self) -> None:
        """Each process has seen other pictures: the mean of what they have is what all keep."""
        if self._processes.count == 1:
            return
        for name, buffer in self._model.named_buffers():
            if name.endswith(("running_mean", "running_var")):
                self._processes.sum(buffer).div_(self._processes.count)


def _set_training(model: nn.Module) -> None:
    """Batch normalisation that does not learn keeps its averages too."""
    model.train()
    for module in model.modules():
        if isinstance(module, _BatchNorm) and not module.weight.requires_grad:
            module.eval()


def _figures(losses: torch.Tensor, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    right = (logits.argmax(dim=1) == labels).sum()
    count = torch.tensor(len(labels), device=losses.device)
    return torch.stack([each.detach().double() for each in (losses.sum(), right, count)])
