"""A training job in script mode, but for the network: reads channels, trains, exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from shared.environment import TrainingEnvironment
from shared.tensorflow import devices, saved_model
from shared.tensorflow.checkpoints import CheckpointFolder
from shared.tensorflow.input_pipeline import Split, check_fit
from shared.tensorflow.training_loop import Recipe, train_model


def run(
    environment: TrainingEnvironment,
    *,
    recipe_of: Callable[[Split, int], Recipe],
    hyperparameters: Mapping[str, Any],
    fingerprint: Callable[..., str],
    inference: Path,
) -> None:
    """The whole job on this host.

    Args:
        recipe_of: from the training split, and how many replicas train together.
        hyperparameters: for the model's facts.
        fingerprint: a short name of the hyperparameters and of facts about the data.
        inference: the workload's inference.py.

    Raises:
        RefusedError: data that cannot be used, or a loss that is no number any more.
    """
    strategy = devices.strategy(environment)
    replicas = strategy.num_replicas_in_sync
    training, validation = Split.open(environment.train), Split.open(environment.validation)
    check_fit(training, validation)
    recipe = recipe_of(training, replicas)
    print(
        f"{training.size} pictures to train on, {validation.size} to validate by, "
        f"{len(training.classes)} classes; {training.steps(recipe.batch_size, replicas)} steps "
        f"an epoch of {recipe.batch_size} pictures on each of {replicas} device(s)",
        flush=True,
    )
    facts = (training.classes, training.image_shape, training.size, replicas)
    trained = train_model(
        recipe,
        training,
        validation,
        strategy=strategy,
        checkpoints=CheckpointFolder(environment.checkpoints, fingerprint(*facts)),
        is_first=environment.is_first,
    )
    if not environment.is_first:
        print("the first host exports the model", flush=True)
        return
    progress = trained.progress
    print(
        f"exporting the weights of epoch {progress.best_epoch}, the best by validation accuracy "
        f"({progress.best_accuracy:.4f})",
        flush=True,
    )
    devices.use_float32()
    model: keras.Model = recipe.build()
    model.set_weights(trained.weights)
    saved_model.write(
        environment.model,
        model,
        inference=inference,
        classes=training.classes,
        image_shape=training.image_shape,
        facts={"hyperparameters": dict(hyperparameters), "training": asdict(progress)},
    )
