"""How the small-image classifier is trained: one phase, all of the network."""

from __future__ import annotations

import keras

from cifar_tensorflow import networks
from cifar_tensorflow.hyperparameters import Hyperparameters
from shared.tensorflow import augmentation
from shared.tensorflow.input_pipeline import Split
from shared.tensorflow.training_loop import Phase, Recipe, batch_norm_momentum


def recipe(parameters: Hyperparameters, train: Split, replicas: int) -> Recipe:
    """The recipe for a training split on so many devices together."""
    steps = train.steps(parameters.batch_size, replicas)

    def build() -> keras.Model:
        return networks.build(
            parameters.model_type,
            image_shape=train.image_shape,
            classes=len(train.classes),
            batch_norm_momentum=batch_norm_momentum(steps),
            weight_decay=parameters.weight_decay,
            dropout=parameters.dropout,
        )

    phase = Phase(name="all", epochs=parameters.epochs, learning_rate=parameters.learning_rate)
    return Recipe(
        build=build,
        phases=(phase,),
        batch_size=parameters.batch_size,
        optimizer=parameters.optimizer,
        augment=augmentation.named(parameters.augmentation),
        seed=parameters.seed,
    )
