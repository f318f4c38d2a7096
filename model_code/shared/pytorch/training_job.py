"""A training job in script mode, but for the network: reads channels, trains, exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from shared.environment import TrainingEnvironment
from shared.pytorch import model_folder, processes
from shared.pytorch.checkpoints import CheckpointFolder
from shared.pytorch.input_pipeline import Split, check_fit
from shared.pytorch.training_loop import Recipe, train_model


def run(
    environment: TrainingEnvironment,
    *,
    recipe_of: Callable[[Split, int], Recipe],
    hyperparameters: Mapping[str, Any],
    fingerprint: Callable[..., str],
    inference: Path,
    network: Path,
) -> None:
    """The whole job in this process.

    Args:
        recipe_of: from the training split, and how many processes train together.
        hyperparameters: for the model's facts.
        fingerprint: a short name of the hyperparameters and of facts about the data.
        inference: the workload's inference.py.
        network: the module that builds its network.

    Raises:
        RefusedError: data that cannot be used, or a loss that is no number any more.
    """
    with processes.joined(environment) as together:
        training, validation = Split.open(environment.train), Split.open(environment.validation)
        check_fit(training, validation)
        recipe = recipe_of(training, together.count)
        together.say(
            f"{training.size} pictures to train on, {validation.size} to validate by, "
            f"{len(training.classes)} classes; {training.steps(recipe.batch_size, together.count)} "
            f"steps an epoch of {recipe.batch_size} pictures in each of {together.count} "
            f"process(es), on {together.device.type}"
        )
        facts = (training.classes, training.image_shape, training.size, together.count)
        trained = train_model(
            recipe,
            training,
            validation,
            processes=together,
            folder=CheckpointFolder(environment.checkpoints, fingerprint(*facts, recipe.network)),
        )
        if not together.is_first:
            return
        progress = trained.progress
        together.say(
            f"exporting the weights of epoch {progress.best_epoch}, the best by validation "
            f"accuracy ({progress.best_accuracy:.4f})"
        )
        model_folder.write(
            environment.model,
            trained.weights,
            inference=inference,
            network=network,
            classes=training.classes,
            image_shape=training.image_shape,
            facts={
                "network": dict(recipe.network),
                "hyperparameters": dict(hyperparameters),
                "training": asdict(progress),
            },
        )
