"""The hyperparameters of train.py, with what each may be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from shared import arguments

OPTIONS = (
    arguments.number("learning-rate", low=1e-7, high=10, default="0.001", help="at its highest"),
    arguments.choice("optimizer", ("sgd", "adam"), default="adam", help="sgd has momentum 0.9"),
    arguments.integer(
        "batch-size",
        low=1,
        high=65_536,
        default="128",
        help="pictures a step, on each GPU",
    ),
    arguments.choice("model-type", ("resnet", "custom"), default="resnet", help="the network"),
    arguments.integer("epochs", low=1, high=10_000, default="20", help="passes over the data"),
    arguments.number("weight-decay", low=0, high=1, default="0.0001", help="L2 on the kernels"),
    arguments.number("dropout", low=0, high=0.9, default="0", help="before the last layer"),
    arguments.choice(
        "augmentation",
        ("none", "shift", "shift-flip"),
        default="shift",
        help="shift moves pictures a little; flip mirrors them too, which letters and digits "
        "do not bear",
    ),
    arguments.integer("seed", low=0, high=2**31 - 1, default="0", help="of all that is random"),
)

# AWS's TensorFlow image adds model_dir to what a trial is given, and a tuning job the other:
# https://github.com/aws/sagemaker-tensorflow-training-toolkit (training.py, main).
IGNORED = ("model_dir", "_tuning_objective_metric")


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """Checked hyperparameters."""

    learning_rate: float
    optimizer: str
    batch_size: int
    model_type: str
    epochs: int
    weight_decay: float
    dropout: float
    augmentation: str
    seed: int

    def fingerprint(self, *facts: object) -> str:
        """A short name of these hyperparameters and facts about the data: 16 hex digits."""
        document = json.dumps([asdict(self), *map(repr, facts)], sort_keys=True)
        return hashlib.sha256(document.encode()).hexdigest()[:16]


def parse(argv: Sequence[str]) -> Hyperparameters:
    """Raises RefusedError with each unknown or wrong hyperparameter."""
    values = arguments.parse(OPTIONS, argv, program="train.py", ignored=IGNORED)
    return Hyperparameters(**values)
