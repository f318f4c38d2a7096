"""The training loop: an epoch, its line in the log, its checkpoint; then the next.

The learning rate of a phase warms up and falls along a cosine over the phase's own epochs, so
few epochs also come to an end. The weights of the epoch with the best validation accuracy are
kept.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from shared.faults import RefusedError
from shared.progress import Progress
from shared.pytorch import checkpoints
from shared.pytorch.augmentation import Augment
from shared.pytorch.checkpoints import CheckpointFolder
from shared.pytorch.input_pipeline import MeasuringBatches, Split, TrainingBatches
from shared.pytorch.precision import Precision
from shared.pytorch.processes import Processes
from shared.pytorch.steps import Steps, Sums

FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")
_WARM_UP = 0.1

State = Mapping[str, torch.Tensor]


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Epochs that train the same parameters.

    Attributes:
        learning_rate: at its highest, in one process; it grows with their number.
        freeze: says of each parameter whether it learns, by ``requires_grad``.
    """

    name: str
    epochs: int
    learning_rate: float
    freeze: Callable[[Any], None]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a model is trained.

    Attributes:
        build: makes the model with its first weights; from pixels 0..255 [n, 3, rows, columns]
            to logits [n, classes].
        network: facts from which its `load` makes the same network again.
        phases: one after the other; epochs are counted over all.
        batch_size: pictures a step in each process.
        optimizer: ``sgd`` (with momentum) or ``adam``.
        class_weights: what a picture counts, by label; None for 1 each.
        mixed_precision: on GPUs.
        compiled: by torch.compile, on GPUs.
        workers: processes that decode for each process that trains; None for what fits.
    """

    build: Callable[[], nn.Module]
    network: Mapping[str, Any]
    phases: Sequence[Phase]
    batch_size: int
    optimizer: str
    augment: Augment
    seed: int
    class_weights: Sequence[float] | None = None
    weight_decay: float = 0.0
    mixed_precision: bool = True
    compiled: bool = False
    workers: int | None = None

    @property
    def epochs(self) -> int:
        """Of all phases together."""
        return sum(phase.epochs for phase in self.phases)

    def place_of(self, epoch: int) -> tuple[Phase, int]:
        """The phase of an epoch, which count from 1, and how many of its epochs went before."""
        first = 1
        for phase in self.phases:
            if epoch < first + phase.epochs:
                return phase, epoch - first
            first += phase.epochs
        raise ValueError(f"epoch {epoch} of {self.epochs}")


@dataclass(frozen=True)
class Trained:
    """What a training ends with: the best epoch's weights."""

    progress: Progress
    weights: State


def batch_norm_momentum(steps_per_epoch: int) -> float:
    """So that the averages that validation uses follow the weights within an epoch.

    PyTorch's 0.1 remembers tens of steps; with ten steps an epoch a network that has learned
    would still be validated by the averages of its first, random features.
    """
    return max(0.01, min(0.4, 2 / steps_per_epoch))


def train_model(
    recipe: Recipe,
    train: Split,
    validation: Split,
    *,
    processes: Processes,
    folder: CheckpointFolder,
) -> Trained:
    """Train to the last epoch, from the newest checkpoint where there is one.

    The first process alone writes checkpoints, reads them and shares what it read.

    Raises:
        RefusedError: the loss is no number any more, or a picture cannot be used.
    """
    loop = _Loop(recipe, train, validation, processes)
    progress, best = Progress(), _copy(loop.model.state_dict())
    found = processes.share(folder.newest() if processes.is_first else None)
    if found is not None:
        stored = checkpoints.read(found)
        progress, best = Progress.of(stored["progress"]), stored["best"]
        loop.load(progress.epoch, stored)
        processes.say(f"resuming after epoch {progress.epoch} of {recipe.epochs}")
    for epoch in range(progress.epoch + 1, recipe.epochs + 1):
        figures = loop.run(epoch)
        progress = progress.after(figures)
        if progress.best_epoch == epoch:
            best = _copy(loop.model.state_dict())
        if processes.is_first:
            stored = {**loop.state(), "best": best, "progress": _plain(progress)}
            folder.save(epoch, stored)
    return Trained(progress, best)


class _Loop:
    """A model with the optimizer of the phase that it is in."""

    def __init__(
        self, recipe: Recipe, train: Split, validation: Split, processes: Processes
    ) -> None:
        self._recipe = recipe
        self._processes = processes
        self._precision = Precision(processes, mixed=recipe.mixed_precision)
        self._phase: Phase | None = None
        self._steps: Steps | None = None
        workers = recipe.workers
        self._batches = TrainingBatches(
            train,
            processes,
            batch_size=recipe.batch_size,
            augment=recipe.augment,
            seed=recipe.seed,
            workers=workers,
        )
        self._held_out = MeasuringBatches(validation, processes, workers=workers)
        torch.manual_seed(recipe.seed)
        self.model = recipe.build().to(processes.device)
        self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        processes.say(f"precision {self._precision.name}, channels last")

    def state(self) -> dict[str, Any]:
        """All that the next epoch follows from."""
        assert self._steps is not None  # noqa: S101 - `run` comes first
        return {
            "model": self.model.state_dict(),
            "optimizer": self._steps.optimizer.state_dict(),
            "scaler": self._precision.scaler.state_dict(),
        }

    def load(self, epoch: int, stored: Mapping[str, Any]) -> None:
        """Go back to the end of an epoch."""
        self.model.load_state_dict(stored["model"])
        steps = self._enter(self._recipe.place_of(epoch)[0])
        steps.optimizer.load_state_dict(stored["optimizer"])
        self._precision.scaler.load_state_dict(stored["scaler"])

    def run(self, epoch: int) -> dict[str, float]:
        """One epoch; prints the line that the tuning job's regular expressions read."""
        started = time.monotonic()
        phase, before = self._recipe.place_of(epoch)
        steps = self._enter(phase)
        # Dropout too follows from the epoch alone.
        torch.manual_seed((self._recipe.seed, epoch, self._processes.rank).__hash__() % 2**63)
        first = before * self._batches.steps
        rates = (self._rate(phase, first + step) for step in range(self._batches.steps))
        learned = steps.train(self._batches.of(epoch), rates)
        measured = steps.measure(self._held_out)
        figures = {**_named("", learned), **_named("val_", measured)}
        if not all(math.isfinite(value) for value in figures.values()):
            raise RefusedError(
                "the training has diverged, its loss is no number any more:",
                [f"--learning-rate: {phase.learning_rate} is too high here; give less"],
            )
        numbers = " ".join(f"{name}={figures[name]:.4f}" for name in FIGURES)
        self._processes.say(f"epoch={epoch} {numbers} seconds={time.monotonic() - started:.1f}")
        return figures

    def _enter(self, phase: Phase) -> Steps:
        """Begin a phase, unless it is the one that the loop is in: with an optimizer anew."""
        if phase is self._phase and self._steps is not None:
            return self._steps
        self._phase = phase
        if len(self._recipe.phases) > 1:
            self._processes.say(f"phase {phase.name}: {phase.epochs} epoch(s)")
        phase.freeze(self.model)
        self._steps = Steps(
            self.model,
            self._new_optimizer(),
            self._processes,
            self._precision,
            class_weights=self._recipe.class_weights,
            compiled=self._recipe.compiled,
        )
        return self._steps

    def _new_optimizer(self) -> torch.optim.Optimizer:
        learning = [each for each in self.model.parameters() if each.requires_grad]
        decay = self._recipe.weight_decay
        if self._recipe.optimizer == "sgd":
            return torch.optim.SGD(learning, 1.0, momentum=0.9, nesterov=True, weight_decay=decay)
        return torch.optim.AdamW(learning, 1.0, weight_decay=decay)

    def _rate(self, phase: Phase, step: int) -> float:
        """The learning rate of a step of a phase, counted from 0."""
        total = self._batches.steps * phase.epochs
        warm_up = min(self._batches.steps, math.ceil(_WARM_UP * total))
        # As the batch grows with the processes: https://arxiv.org/abs/1706.02677, section 2.1.
        highest = phase.learning_rate * self._processes.count
        if step < warm_up:
            return highest * (0.1 + 0.9 * step / warm_up)
        done = (step - warm_up) / max(1, total - warm_up)
        return highest * (1 + math.cos(math.pi * done)) / 2


def _named(prefix: str, sums: Sums) -> dict[str, float]:
    return {
        f"{prefix}loss": sums.loss / sums.pictures,
        f"{prefix}accuracy": sums.right / sums.pictures,
    }


def _copy(state: State) -> State:
    return {name: value.detach().cpu().clone() for name, value in state.items()}


def _plain(progress: Progress) -> dict[str, Any]:
    described = asdict(progress)
    return {**described, "history": [dict(figures) for figures in described["history"]]}
