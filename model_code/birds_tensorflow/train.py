"""Training job in script mode: hyperparameters as arguments, folders from SM_* variables.

Pretrained weights are taken from the channel `weights`: a job in a private network can fetch
none. Without them the network starts from random weights, and the log says so.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from birds_tensorflow import hyperparameters, pretrained
from shared import faults
from shared.environment import TrainingEnvironment


def train(argv: Sequence[str]) -> None:
    """The whole job. Raises RefusedError for hyperparameters or data that cannot be used."""
    parameters = hyperparameters.parse(argv)
    environment = TrainingEnvironment.from_variables()
    weights = pretrained.find(environment.weights, parameters.alpha)
    if weights is None:
        print(
            "NO PRETRAINED WEIGHTS: the channel `weights` holds none. Starting from random "
            f"weights, all layers at once; {pretrained.HOW}",
            flush=True,
        )
    else:
        print(f"starting from the pretrained weights {weights.name}", flush=True)
    # TensorFlow takes seconds to import, and bad hyperparameters are refused without it.
    from birds_tensorflow.recipe import recipe
    from shared.tensorflow import training_job

    training_job.run(
        environment,
        recipe_of=lambda split, replicas: recipe(parameters, split, replicas, weights=weights),
        hyperparameters=asdict(parameters),
        fingerprint=lambda *facts: parameters.fingerprint(*facts, weights and weights.name),
        inference=Path(__file__).with_name("inference.py"),
    )


def main() -> int:
    """Exit status of the job."""
    return faults.run(lambda: train(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
