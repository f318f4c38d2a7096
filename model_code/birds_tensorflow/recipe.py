"""How the bird classifier is trained: its head first, then the top layers of its base too."""

from __future__ import annotations

from pathlib import Path

import keras

from birds_tensorflow import network
from birds_tensorflow.hyperparameters import Hyperparameters
from shared import class_weights
from shared.tensorflow import augmentation
from shared.tensorflow.input_pipeline import Split
from shared.tensorflow.training_loop import Phase, Recipe, batch_norm_momentum


def recipe(
    parameters: Hyperparameters, train: Split, replicas: int, *, weights: Path | None
) -> Recipe:
    """The recipe for a training split on so many devices together.

    Args:
        weights: pretrained ones; without them all layers learn from the start.
    """
    steps = train.steps(parameters.batch_size, replicas)

    def build() -> keras.Model:
        return network.build(
            image_shape=train.image_shape,
            classes=len(train.classes),
            alpha=float(parameters.alpha),
            output_stride=int(parameters.output_stride),
            dropout=parameters.dropout,
            batch_norm_momentum=batch_norm_momentum(steps),
            weights=weights,
        )

    balanced = parameters.class_weights == "balanced"
    return Recipe(
        build=build,
        phases=phases(parameters, pretrained=weights is not None),
        batch_size=parameters.batch_size,
        optimizer=parameters.optimizer,
        weight_decay=parameters.weight_decay,
        augment=augmentation.named(parameters.augmentation),
        seed=parameters.seed,
        class_weights=class_weights.balanced(train.label_counts) if balanced else None,
    )


def phases(parameters: Hyperparameters, *, pretrained: bool) -> tuple[Phase, ...]:
    """Head and fine-tuning on pretrained weights; all layers at once from random ones."""
    if not pretrained:
        return (
            Phase(
                name="all layers",
                epochs=parameters.epochs,
                learning_rate=parameters.learning_rate,
                freeze=network.train_all,
            ),
        )
    head = round(parameters.head_epochs * parameters.epochs)
    both = (
        Phase(
            name="head",
            epochs=head,
            learning_rate=parameters.learning_rate,
            freeze=network.train_head,
        ),
        Phase(
            name="fine-tuning",
            epochs=parameters.epochs - head,
            learning_rate=parameters.learning_rate * parameters.fine_tuning_rate,
            freeze=network.train_top(parameters.fine_tuned_layers),
        ),
    )
    return tuple(phase for phase in both if phase.epochs)
