"""How the bird classifier is trained: its head first, then the top layers of its base too."""

from __future__ import annotations

from pathlib import Path

from birds_pytorch import freezing, network, pretrained
from birds_pytorch.hyperparameters import Hyperparameters
from shared import class_weights
from shared.faults import RefusedError
from shared.pytorch import augmentation
from shared.pytorch.input_pipeline import Split
from shared.pytorch.training_loop import Phase, Recipe, batch_norm_momentum


def recipe(
    parameters: Hyperparameters, train: Split, processes: int, *, weights: Path | None
) -> Recipe:
    """The recipe for a training split in so many processes together.

    Args:
        weights: pretrained ones; without them all layers learn from the start.

    Raises:
        RefusedError: pretrained weights are given for a network that has none.
    """
    implementation = network.available()
    if weights is not None:
        _check_fit(parameters, weights, implementation)
    facts = {
        "name": parameters.network,
        "implementation": implementation,
        "stem": parameters.stem,
        "dropout": parameters.dropout,
    }
    momentum = batch_norm_momentum(train.steps(parameters.batch_size, processes))

    def build() -> network.Birds:
        made = network.build({"network": facts, "classes": train.classes})
        if weights is None:
            freezing.set_batch_norm_momentum(made, momentum)
        else:
            pretrained.load(made.base, weights)
        return made

    balanced = parameters.class_weights == "balanced"
    return Recipe(
        build=build,
        network=facts,
        phases=phases(parameters, pretrained=weights is not None),
        batch_size=parameters.batch_size,
        optimizer=parameters.optimizer,
        weight_decay=parameters.weight_decay,
        augment=augmentation.named(parameters.augmentation),
        seed=parameters.seed,
        class_weights=class_weights.balanced(train.label_counts) if balanced else None,
        mixed_precision=parameters.precision == "mixed",
        compiled=parameters.compile,
        workers=None if parameters.workers < 0 else parameters.workers,
    )


def phases(parameters: Hyperparameters, *, pretrained: bool) -> tuple[Phase, ...]:
    """Head and fine-tuning on pretrained weights; all layers at once from random ones."""
    if not pretrained:
        return (
            Phase(
                name="all layers",
                epochs=parameters.epochs,
                learning_rate=parameters.learning_rate,
                freeze=freezing.train_all,
            ),
        )
    head = round(parameters.head_epochs * parameters.epochs)
    both = (
        Phase(
            name="head",
            epochs=head,
            learning_rate=parameters.learning_rate,
            freeze=freezing.train_head,
        ),
        Phase(
            name="fine-tuning",
            epochs=parameters.epochs - head,
            learning_rate=parameters.learning_rate * parameters.fine_tuning_rate,
            freeze=freezing.train_top(parameters.fine_tuned_layers),
        ),
    )
    return tuple(phase for phase in both if phase.epochs)


def _check_fit(parameters: Hyperparameters, weights: Path, implementation: str) -> None:
    faults = []
    if implementation != network.TORCHVISION:
        faults.append(
            f"{weights}: is for torchvision's {parameters.network}, and torchvision is not "
            "installed; install it, or give no channel `weights`"
        )
    if parameters.stem != "standard":
        faults.append(f"--stem: {parameters.stem} has no pretrained weights; give standard")
    if faults:
        raise RefusedError("the pretrained weights do not fit:", faults)
