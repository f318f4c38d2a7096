"""The training loop: an epoch, its line in the log, its checkpoint; then the next."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from cifar_tensorflow import networks
from cifar_tensorflow.hyperparameters import Hyperparameters
from shared.faults import RefusedError
from shared.tensorflow.checkpoints import Arrays, Checkpoint, CheckpointFolder, Progress
from shared.tensorflow.input_pipeline import Split

FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")
_WARM_UP = 0.1
_CLIP_NORM = 5.0


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


def build_model(parameters: Hyperparameters, train: Split) -> keras.Model:
    """The network with fresh weights."""
    return networks.build(
        parameters.model_type,
        image_shape=train.image_shape,
        classes=len(train.classes),
        batch_norm_momentum=batch_norm_momentum(train.steps(parameters.batch_size)),
        weight_decay=parameters.weight_decay,
        dropout=parameters.dropout,
    )


def train_model(
    parameters: Hyperparameters,
    train: Split,
    validation: Split,
    *,
    strategy: Any,
    checkpoints: CheckpointFolder,
) -> Trained:
    """Train to the last epoch, from the newest checkpoint where there is one.

    Raises:
        RefusedError: the loss is no number any more, or a picture cannot be used.
    """
    keras.utils.set_random_seed(parameters.seed)
    with strategy.scope():
        model = build_model(parameters, train)
        _compile(model, parameters, train.steps(parameters.batch_size))
    progress, best = Progress(), _values(model.weights)
    found = checkpoints.newest()
    if found is not None:
        progress, best = found.progress, found.best
        _assign(_state(model), found.state)
        print(f"resuming after epoch {progress.epoch} of {parameters.epochs}", flush=True)
    for epoch in range(progress.epoch + 1, parameters.epochs + 1):
        with _refusing_bad_pictures():
            logs = _fit(model, epoch, parameters, train, validation)
        progress = progress.after({name: logs[name] for name in FIGURES})
        if progress.best_epoch == epoch:
            best = _values(model.weights)
        checkpoints.save(Checkpoint(progress=progress, state=_values(_state(model)), best=best))
    return Trained(progress, best)


def _compile(model: keras.Model, parameters: Hyperparameters, steps: int) -> None:
    total = steps * parameters.epochs
    warm_up = min(steps, math.ceil(_WARM_UP * total))
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=parameters.learning_rate / 10,
        decay_steps=max(1, total - warm_up),
        warmup_target=parameters.learning_rate,
        warmup_steps=warm_up,
    )
    optimizer = (
        keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, global_clipnorm=_CLIP_NORM)
        if parameters.optimizer == "sgd"
        else keras.optimizers.Adam(rate, global_clipnorm=_CLIP_NORM)
    )
    model.compile(
        optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.optimizer.build(model.trainable_variables)


def _fit(
    model: keras.Model, epoch: int, parameters: Hyperparameters, train: Split, validation: Split
) -> dict[str, float]:
    """One epoch; prints the line that the tuning job's regular expressions read."""
    started = time.monotonic()
    batches = train.training_batches(
        epoch=epoch,
        batch_size=parameters.batch_size,
        augmentation=parameters.augmentation,
        seed=parameters.seed,
    )
    history = model.fit(
        batches, validation_data=validation.batches, epochs=1, verbose=0, shuffle=False
    )
    logs = {name: float(values[-1]) for name, values in history.history.items()}
    if not all(math.isfinite(value) for value in logs.values()):
        raise RefusedError(
            "the training has diverged, its loss is no number any more:",
            [f"--learning-rate: {parameters.learning_rate} is too high here; give less"],
        )
    numbers = " ".join(f"{name}={logs[name]:.4f}" for name in FIGURES)
    print(f"epoch={epoch} {numbers} seconds={time.monotonic() - started:.1f}", flush=True)
    return logs


@contextmanager
def _refusing_bad_pictures() -> Iterator[None]:
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        told = [line for line in error.message.splitlines() if "assertion failed" in line]
        if not told:
            raise
        raise RefusedError("data is damaged:", told[:1]) from error


def _state(model: keras.Model) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]


def _values(variables: list[Any]) -> Arrays:
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def _assign(variables: list[Any], values: Arrays) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
