"""Trains a Keras network on pictures: channels in, SavedModel out.

`shared.tensorflow` reads the channels, runs the epochs (on all GPUs of all instances, with a
checkpoint after each) and exports the best. EDIT `build` for another network; a new
hyperparameter is a line in OPTIONS and one in the YAML.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import keras
from keras import layers

from shared import arguments, faults
from shared.environment import TrainingEnvironment
from shared.tensorflow import augmentation, training_job
from shared.tensorflow.input_pipeline import Split
from shared.tensorflow.training_loop import Phase, Recipe, batch_norm_momentum

OPTIONS = (
    arguments.number("learning-rate", low=1e-6, high=1, default="0.002", help="at its highest"),
    arguments.integer("batch-size", low=1, high=65_536, default="32", help="pictures a step"),
    arguments.integer("epochs", low=1, high=10_000, default="20", help="passes over the data"),
    arguments.integer("seed", low=0, high=2**31 - 1, default="7", help="of all that is random"),
)
# What SageMaker adds to the arguments by itself.
IGNORED = ("model_dir", "_tuning_objective_metric")


def build(image_shape: tuple[int, int, int], classes: int, momentum: float) -> keras.Model:
    """From pixels 0..255 [n, *image_shape] to logits [n, classes].

    The scaling is a layer, so that the endpoint does as training did.
    """
    pictures = keras.Input(image_shape)
    features = layers.Rescaling(1 / 127.5, offset=-1)(pictures)
    for width in (32, 64, 128):
        features = layers.Conv2D(width, 3, padding="same", use_bias=False)(features)
        features = layers.ReLU()(layers.BatchNormalization(momentum=momentum)(features))
        features = layers.MaxPooling2D(padding="same")(features)
    features = layers.GlobalAveragePooling2D()(features)
    return keras.Model(pictures, layers.Dense(classes, dtype="float32")(features))


def train() -> None:
    """The whole job. Raises RefusedError for arguments or data that cannot be used."""
    chosen = arguments.parse(OPTIONS, sys.argv[1:], program="train.py", ignored=IGNORED)
    batch_size = chosen["batch_size"]

    def recipe(split: Split, replicas: int) -> Recipe:
        momentum = batch_norm_momentum(split.steps(batch_size, replicas))
        phase = Phase(name="all", epochs=chosen["epochs"], learning_rate=chosen["learning_rate"])
        return Recipe(
            build=lambda: build(split.image_shape, len(split.classes), momentum),
            phases=(phase,),
            batch_size=batch_size,
            optimizer="adam",
            augment=augmentation.named("shift"),  # EDIT: none, shift, shift-flip or photo
            seed=chosen["seed"],
        )

    def fingerprint(*facts: object) -> str:
        """A job that is started again goes on from a checkpoint of these values alone."""
        return hashlib.sha256(repr((chosen, facts)).encode()).hexdigest()[:16]

    training_job.run(
        TrainingEnvironment.from_variables(),
        recipe_of=recipe,
        hyperparameters=chosen,
        fingerprint=fingerprint,
        inference=Path(__file__).with_name("inference.py"),
    )


if __name__ == "__main__":
    sys.exit(faults.run(train))
