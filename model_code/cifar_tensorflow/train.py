"""Training job in script mode: hyperparameters as arguments, folders from SM_* variables."""

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
    environment = TrainingEnvironment.from_variables()
    # TensorFlow takes seconds to import, and bad hyperparameters are refused without it.
    from cifar_tensorflow.recipe import recipe
    from shared.tensorflow import training_job

    training_job.run(
        environment,
        recipe_of=lambda split, replicas: recipe(parameters, split, replicas),
        hyperparameters=asdict(parameters),
        fingerprint=parameters.fingerprint,
        inference=Path(__file__).with_name("inference.py"),
    )


def main() -> int:
    """Exit status of the job."""
    return faults.run(lambda: train(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
