"""Trains on two devices of one machine, stops after the first epoch, and goes on from there.

Arguments: a folder with train and validation, and one for checkpoints. The two devices are
halves of the processor: what several GPUs do, without their speed. Prints both histories.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from shared.class_weights import balanced
from shared.tensorflow import augmentation
from shared.tensorflow.checkpoints import CheckpointFolder
from shared.tensorflow.input_pipeline import Split
from shared.tensorflow.training_loop import Phase, Recipe, train_model


def two_devices() -> Any:
    (processor,) = tf.config.list_physical_devices("CPU")
    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(processor, halves)
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def recipe(train: Split, epochs: int) -> Recipe:
    def build() -> keras.Model:
        images = keras.Input(train.image_shape)
        features = layers.Conv2D(8, 3, strides=2)(layers.Rescaling(1 / 255)(images))
        features = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(features))
        logits = layers.Dense(len(train.classes))(layers.Flatten()(features))
        return keras.Model(images, logits)

    return Recipe(
        build=build,
        phases=(Phase(name="all", epochs=epochs, learning_rate=0.002),),
        batch_size=8,
        optimizer="adam",
        augment=augmentation.named("shift"),
        seed=0,
        class_weights=balanced(train.label_counts),
        weight_decay=1e-4,
    )


if __name__ == "__main__":
    data, kept = Path(sys.argv[1]), Path(sys.argv[2])
    strategy = two_devices()
    train, validation = Split.open(data / "train"), Split.open(data / "validation")
    histories = []
    for name in ("once", "again"):
        # The first run of "again" is the one that was stopped.
        if name == "again":
            (folder,) = (kept / "once" / "f").glob("epoch-00001")
            target = kept / "again" / "f" / folder.name
            target.parent.mkdir(parents=True)
            folder.rename(target)
        trained = train_model(
            recipe(train, 2),
            train,
            validation,
            strategy=strategy,
            checkpoints=CheckpointFolder(kept / name, "f"),
        )
        histories.append(list(trained.progress.history))
    print(
        json.dumps(
            {
                "replicas": strategy.num_replicas_in_sync,
                "steps": train.steps(8, 2),
                "size": train.size,
                "histories": histories,
            }
        )
    )
