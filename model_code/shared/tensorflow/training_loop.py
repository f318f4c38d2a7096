"""The training loop: an epoch, its line in the log, its checkpoint; then the next.

The learning rate of a phase warms up and falls along a cosine over the phase's own epochs, so
few epochs also come to an end. The weights of the epoch with the best validation accuracy are
kept.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from shared.faults import RefusedError
from shared.progress import Progress
from shared.tensorflow.augmentation import Augment
from shared.tensorflow.checkpoints import Arrays, Checkpoint, CheckpointFolder
from shared.tensorflow.input_pipeline import Split
from shared.tensorflow.steps import Steps, Sums

FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")
_WARM_UP = 0.1
_CLIP_NORM = 5.0


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Epochs that train the same variables.

    Attributes:
        learning_rate: at its highest, on one replica; it grows with their number.
        freeze: makes layers of the model trainable or not.
    """

    name: str
    epochs: int
    learning_rate: float
    freeze: Callable[[keras.Model], None] = lambda _: None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a model is trained.

    Attributes:
        build: makes the model with its first weights; from floats 0..255 to logits.
        phases: one after the other; epochs are counted over all.
        batch_size: pictures a step on each replica.
        optimizer: ``sgd`` (with momentum) or ``adam``.
        class_weights: what a picture counts, by label; None for 1 each.
        weight_decay: of all variables that are trained, decoupled from their gradients:
            https://arxiv.org/abs/1711.05101.
    """

    build: Callable[[], keras.Model]
    phases: Sequence[Phase]
    batch_size: int
    optimizer: str
    augment: Augment
    seed: int
    class_weights: Sequence[float] | None = None
    weight_decay: float = 0.0

    @property
    def epochs(self) -> int:
        """Of all phases together."""
        return sum(phase.epochs for phase in self.phases)

    def phase_of(self, epoch: int) -> Phase:
        """The phase of an epoch, which count from 1."""
        last = 0
        for phase in self.phases:
            last += phase.epochs
            if epoch <= last:
                return phase
        return self.phases[-1]


@dataclass(frozen=True)
class Trained:
    """What a training ends with: the best epoch's weights."""

    progress: Progress
    weights: Arrays


def batch_norm_momentum(steps_per_epoch: int) -> float:
    """So that the averages that validation uses follow the weights within an epoch.

    Keras's 0.99 remembers hundreds of steps; with ten steps an epoch a network that has learned
    would still be validated by the averages of its first, random features.
    """
    return min(0.99, max(0.6, 1 - 2 / steps_per_epoch))


def train_model(
    recipe: Recipe,
    train: Split,
    validation: Split,
    *,
    strategy: Any,
    checkpoints: CheckpointFolder,
    is_first: bool = True,
) -> Trained:
    """Train to the last epoch, from the newest checkpoint where there is one.

    Args:
        is_first: whether this host writes the checkpoints. All read them.

    Raises:
        RefusedError: the loss is no number any more, or a picture cannot be used.
    """
    keras.utils.set_random_seed(recipe.seed)
    loop = _Loop(recipe, train, validation, strategy)
    progress, best = Progress(), _values(loop.model.weights)
    found = checkpoints.newest()
    if found is not None:
        progress, best = found.progress, found.best
        loop.enter(recipe.phase_of(progress.epoch))
        loop.assign(found.state)
        print(f"resuming after epoch {progress.epoch} of {recipe.epochs}", flush=True)
    for epoch in range(progress.epoch + 1, recipe.epochs + 1):
        loop.enter(recipe.phase_of(epoch))
        with _refusing_bad_pictures():
            figures = loop.run(epoch)
        progress = progress.after(figures)
        if progress.best_epoch == epoch:
            best = _values(loop.model.weights)
        state = _values(loop.state)
        if is_first:
            checkpoints.save(Checkpoint(progress=progress, state=state, best=best))
    return Trained(progress, best)


class _Loop:
    """A model with the optimizer of the phase that it is in."""

    def __init__(self, recipe: Recipe, train: Split, validation: Split, strategy: Any) -> None:
        self._recipe = recipe
        self._train = train
        self._validation = validation
        self._strategy = strategy
        self._phase: Phase | None = None
        self._optimizer: Any = None
        self._steps: Steps | None = None
        with strategy.scope():
            self.model = recipe.build()

    @property
    def state(self) -> list[Any]:
        return [*self.model.variables, *self._optimizer.variables]

    def enter(self, phase: Phase) -> None:
        """Begin a phase, unless it is the one that the loop is in: with an optimizer anew."""
        if phase is self._phase:
            return
        self._phase = phase
        if len(self._recipe.phases) > 1:
            print(f"phase {phase.name}: {phase.epochs} epoch(s)", flush=True)
        with self._strategy.scope():
            phase.freeze(self.model)
            self._optimizer = self._new_optimizer(phase)
            self._optimizer.build(self.model.trainable_variables)
        self._steps = Steps(self._strategy, self.model, self._optimizer, self._recipe.class_weights)

    def assign(self, values: Arrays) -> None:
        for variable, value in zip(self.state, values, strict=True):
            variable.assign(value)

    def run(self, epoch: int) -> dict[str, float]:
        """One epoch; prints the line that the tuning job's regular expressions read."""
        assert self._steps is not None  # noqa: S101 - `enter` comes first
        assert self._phase is not None  # noqa: S101
        started = time.monotonic()
        batches = self._train.training_batches(
            self._strategy,
            epoch=epoch,
            batch_size=self._recipe.batch_size,
            augment=self._recipe.augment,
            seed=self._recipe.seed,
        )
        learned = self._steps.train(batches, self._steps_per_epoch)
        held_out = self._validation.measuring_batches(self._strategy)
        measured = self._steps.measure(held_out.batches, held_out.steps)
        figures = {**_named("", learned), **_named("val_", measured)}
        if not all(math.isfinite(value) for value in figures.values()):
            rate = self._phase.learning_rate
            raise RefusedError(
                "the training has diverged, its loss is no number any more:",
                [f"--learning-rate: {rate} is too high here; give less"],
            )
        numbers = " ".join(f"{name}={figures[name]:.4f}" for name in FIGURES)
        print(f"epoch={epoch} {numbers} seconds={time.monotonic() - started:.1f}", flush=True)
        return figures

    @property
    def _steps_per_epoch(self) -> int:
        replicas = self._strategy.num_replicas_in_sync
        return self._train.steps(self._recipe.batch_size, replicas)

    def _new_optimizer(self, phase: Phase) -> Any:
        steps = self._steps_per_epoch
        total = steps * phase.epochs
        warm_up = min(steps, math.ceil(_WARM_UP * total))
        # As the batch grows with the replicas: https://arxiv.org/abs/1706.02677, section 2.1.
        highest = phase.learning_rate * self._strategy.num_replicas_in_sync
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=highest / 10,
            decay_steps=max(1, total - warm_up),
            warmup_target=highest,
            warmup_steps=warm_up,
        )
        common = {
            "global_clipnorm": _CLIP_NORM,
            "weight_decay": self._recipe.weight_decay or None,
        }
        optimizer: Any = (
            keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, **common)
            if self._recipe.optimizer == "sgd"
            else keras.optimizers.Adam(rate, **common)
        )
        if keras.mixed_precision.global_policy().name == "mixed_float16":
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        return optimizer


def _named(prefix: str, sums: Sums) -> dict[str, float]:
    return {
        f"{prefix}loss": sums.loss / sums.pictures,
        f"{prefix}accuracy": sums.right / sums.pictures,
    }


@contextmanager
def _refusing_bad_pictures() -> Iterator[None]:
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        told = [line for line in error.message.splitlines() if "assertion failed" in line]
        if not told:
            raise
        raise RefusedError("data is damaged:", told[:1]) from error


def _values(variables: list[Any]) -> Arrays:
    return [keras.ops.convert_to_numpy(variable) for variable in variables]
