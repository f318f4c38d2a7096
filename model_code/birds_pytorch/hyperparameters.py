"""The hyperparameters of train.py, with what each may be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from shared import arguments

NETWORKS = ("resnet18", "resnet34", "resnet50")
AUGMENTATIONS = ("none", "shift", "shift-flip", "photo", "photo-recoloured")

OPTIONS = (
    arguments.number(
        "learning-rate",
        low=1e-7,
        high=10,
        default="0.001",
        help="at its highest, of the head, or of all layers where they start at random",
    ),
    arguments.number(
        "fine-tuning-rate",
        low=1e-6,
        high=1,
        default="0.1",
        help="the learning rate of the second phase, as part of the first one's",
    ),
    arguments.choice("optimizer", ("sgd", "adam"), default="adam", help="sgd has momentum 0.9"),
    arguments.integer(
        "batch-size", low=1, high=65_536, default="32", help="pictures a step, on each GPU"
    ),
    arguments.integer("epochs", low=1, high=10_000, default="20", help="of both phases together"),
    arguments.number(
        "head-epochs",
        low=0,
        high=1,
        default="0.4",
        help="part of the epochs that train the head alone, on pretrained weights",
    ),
    arguments.number(
        "fine-tuned-layers",
        low=0,
        high=1,
        default="0.3",
        help="part of the layers, from the top, that the second phase trains",
    ),
    arguments.choice("network", NETWORKS, default="resnet18", help="how deep it is"),
    arguments.choice(
        "stem",
        ("standard", "small"),
        default="standard",
        help="its first layers: small ones lose less of small pictures, and start at random",
    ),
    arguments.number("dropout", low=0, high=0.9, default="0.2", help="before the last layer"),
    arguments.number(
        "weight-decay", low=0, high=1, default="0.0001", help="a step, times the rate"
    ),
    arguments.choice(
        "augmentation",
        AUGMENTATIONS,
        default="photo",
        help="of training pictures: photo moves, mirrors and changes light and colours; "
        "photo-recoloured swaps colours too, for classes that colour says nothing of",
    ),
    arguments.choice(
        "class-weights",
        ("none", "balanced"),
        default="balanced",
        help="balanced lets rare classes count as much as frequent ones",
    ),
    arguments.choice(
        "precision",
        ("mixed", "float32"),
        default="mixed",
        help="mixed calculates in 16 bits on GPUs; CPUs always in 32",
    ),
    arguments.switch(
        "compile",
        default="false",
        help="torch.compile on GPUs: a minute at first, then faster steps",
    ),
    arguments.integer(
        "workers",
        low=-1,
        high=64,
        default="-1",
        help="processes that decode for each GPU; -1 for as many as fit",
    ),
    arguments.integer("seed", low=0, high=2**31 - 1, default="0", help="of all that is random"),
)

# What a tuning job and the toolkit's launcher add by themselves.
IGNORED = ("_tuning_objective_metric", "model_dir")
_SAME_RESULT = ("workers",)


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """Checked hyperparameters."""

    learning_rate: float
    fine_tuning_rate: float
    optimizer: str
    batch_size: int
    epochs: int
    head_epochs: float
    fine_tuned_layers: float
    network: str
    stem: str
    dropout: float
    weight_decay: float
    augmentation: str
    class_weights: str
    precision: str
    compile: bool
    workers: int
    seed: int

    def fingerprint(self, *facts: object) -> str:
        """A short name of these hyperparameters and facts about the data: 16 hex digits."""
        own = {name: value for name, value in asdict(self).items() if name not in _SAME_RESULT}
        document = json.dumps([own, *map(repr, facts)], sort_keys=True)
        return hashlib.sha256(document.encode()).hexdigest()[:16]


def parse(argv: Sequence[str]) -> Hyperparameters:
    """Raises RefusedError with each unknown or wrong hyperparameter."""
    values = arguments.parse(OPTIONS, argv, program="train.py", ignored=IGNORED)
    return Hyperparameters(**values)
