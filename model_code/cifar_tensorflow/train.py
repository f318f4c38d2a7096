"""Training job in script mode: hyperparameters as arguments, folders from SM_* variables.

The learning rate warms up and falls along a cosine over the job's own epochs, so few epochs
also come to an end. The weights of the epoch with the best validation accuracy are kept.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from cifar_tensorflow import hyperparameters
from shared import faults
from shared.environment import TrainingEnvironment


def train(argv: Sequence[str]) -> None:
    """The whole job. Raises RefusedError for hyperparameters or data that cannot be used."""
    parameters = hyperparameters.parse(argv)
    folders = TrainingEnvironment.from_variables()
    # TensorFlow takes seconds to import, and bad hyperparameters are refused without it.
    from cifar_tensorflow.training import build_model, train_model
    from shared.tensorflow import devices, saved_model
    from shared.tensorflow.checkpoints import CheckpointFolder
    from shared.tensorflow.input_pipeline import Split, check_fit

    strategy = devices.strategy()
    training, validation = Split.open(folders.train), Split.open(folders.validation)
    check_fit(training, validation)
    print(
        f"{training.size} pictures to train on, {validation.size} to validate by, "
        f"{len(training.classes)} classes; {training.steps(parameters.batch_size)} steps an epoch "
        f"of {parameters.batch_size} pictures over {strategy.num_replicas_in_sync} device(s)",
        flush=True,
    )
    facts = (training.classes, training.image_shape, training.size)
    trained = train_model(
        parameters,
        training,
        validation,
        strategy=strategy,
        checkpoints=CheckpointFolder(folders.checkpoints, parameters.fingerprint(*facts)),
    )
    progress = trained.progress
    print(
        f"exporting the weights of epoch {progress.best_epoch}, the best by validation accuracy "
        f"({progress.best_accuracy:.4f})",
        flush=True,
    )
    devices.use_float32()
    model = build_model(parameters, training)
    model.set_weights(trained.weights)
    saved_model.write(
        folders.model,
        model,
        inference=Path(__file__).with_name("inference.py"),
        classes=training.classes,
        image_shape=training.image_shape,
        facts={"hyperparameters": asdict(parameters), "training": asdict(progress)},
    )


def main() -> int:
    """Exit status of the job."""
    return faults.run(lambda: train(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
