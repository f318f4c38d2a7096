"""Training job in script mode: hyperparameters as arguments, folders from SM_* variables.

Pretrained weights are taken from the channel `weights`: a job in a private network can fetch
none. Without them the network starts from random weights, and the log says so. Started by
torchrun, as many processes as it starts train one model together.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from birds_pytorch import hyperparameters, pretrained
from shared import faults
from shared.environment import TrainingEnvironment


def train(argv: Sequence[str]) -> None:
    """The whole job. Raises RefusedError for hyperparameters or data that cannot be used."""
    parameters = hyperparameters.parse(argv)
    environment = TrainingEnvironment.from_variables()
    weights = pretrained.find(environment.weights, parameters.network)
    # PyTorch takes seconds to import, and bad hyperparameters are refused without it.
    from birds_pytorch import network
    from birds_pytorch.recipe import recipe
    from shared.pytorch import training_job

    here = Path(__file__)
    if os.environ.get("RANK", "0") == "0":
        for line in _told(parameters.network, weights, network.available()):
            print(line, flush=True)
    training_job.run(
        environment,
        recipe_of=lambda split, count: recipe(parameters, split, count, weights=weights),
        hyperparameters=asdict(parameters),
        fingerprint=lambda *facts: parameters.fingerprint(*facts, weights and weights.name),
        inference=here.with_name("inference.py"),
        network=here.with_name("network.py"),
    )


def _told(name: str, weights: Path | None, implementation: str) -> list[str]:
    """What everybody who reads the log must know of the network."""
    lines = []
    if implementation == "FallbackResNet":
        lines.append(
            f"NO TORCHVISION: it is not installed. FallbackResNet, a small network of this "
            f"repository, takes the place of its {name}"
        )
    if weights is None:
        lines.append(
            "NO PRETRAINED WEIGHTS: the channel `weights` holds none. Starting from random "
            f"weights, all layers at once; {pretrained.HOW}"
        )
    else:
        lines.append(f"starting from the pretrained weights {weights.name}")
    return lines


def main() -> int:
    """Exit status of the job."""
    return faults.run(lambda: train(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
