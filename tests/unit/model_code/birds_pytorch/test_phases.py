from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.faults import RefusedError

torch = pytest.importorskip("torch")

from birds_pytorch import freezing, hyperparameters, network, pretrained, recipe  # noqa: E402
from shared.pytorch.checkpoints import CheckpointFolder  # noqa: E402
from shared.pytorch.input_pipeline import Split  # noqa: E402
from shared.pytorch.processes import Processes  # noqa: E402
from shared.pytorch.training_loop import train_model  # noqa: E402

ARGUMENTS = ("--epochs", "2", "--head-epochs", "0.5", "--batch-size", "32", "--dropout", "0.3")
ALONE = Processes(device=torch.device("cpu"))


def fallback(classes: int = 3) -> network.Birds:
    return network.Birds(
        "resnet18",
        implementation=network.FALLBACK,
        stem="standard",
        classes=classes,
        dropout=0.0,
    )


def learning(model: network.Birds) -> set[str]:
    return {name for name, value in model.named_parameters() if value.requires_grad}


def test_the_head_learns_first_then_the_top_layers_without_batch_normalisation() -> None:
    model = fallback()
    freezing.train_head(model)
    assert learning(model) == {"head.1.weight", "head.1.bias"}
    freezing.train_top(0.3)(model)
    top = learning(model)
    assert {"head.1.weight", "head.1.bias"} < top
    assert len(top) < len(list(model.parameters())) / 2
    assert not any("bn" in name for name in top)
    freezing.train_all(model)
    assert len(learning(model)) == len(list(model.parameters()))


def test_phases_follow_each_other_and_leave_frozen_averages_alone(
    birds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parameters = hyperparameters.parse(ARGUMENTS)
    split = Split.open(birds / "train")
    first = fallback()
    made = replace(
        recipe.recipe(parameters, split, 1, weights=None),
        build=lambda: _copy_of(first),
        phases=recipe.phases(parameters, pretrained=True),
    )
    validation = Split.open(birds / "validation")

    def train() -> Any:
        folder = CheckpointFolder(tmp_path, "one")
        return train_model(made, split, validation, processes=ALONE, folder=folder).weights

    whole = train()
    said = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert [word for word in said if word != "precision"] == [
        *("phase", "epoch=1", "phase", "epoch=2")
    ]
    before = first.state_dict()
    frozen = [name for name in before if "running" in name or "bn" in name]
    assert frozen
    assert all(torch.equal(before[name], whole[name]) for name in frozen)

    # An interruption between the phases: the second begins with an optimizer of its own.
    (tmp_path / "one" / "epoch-00002.pt").unlink()
    resumed = train()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_pretrained_weights_are_found_by_their_network_and_loaded_without_the_last_layer(
    tmp_path: Path,
) -> None:
    kept, base = fallback().base, fallback().base
    weights = {**kept.state_dict(), "fc.weight": torch.zeros(1000, 128)}
    torch.save(weights, tmp_path / "resnet18-f37072fd.pth")
    found = pretrained.find(tmp_path, "resnet18")
    assert found is not None
    pretrained.load(base, found)
    assert all(torch.equal(value, base.state_dict()[name]) for name, value in weights.items()
               if not name.startswith("fc."))  # fmt: skip
    with pytest.raises(RefusedError, match="resnet50 needs one file"):
        pretrained.find(tmp_path, "resnet50")
    assert pretrained.find(tmp_path / "missing", "resnet18") is None
    torch.save({"other": torch.zeros(1)}, found)
    with pytest.raises(RefusedError, match="expected a state_dict of torchvision's ResNet"):
        pretrained.load(base, found)


@pytest.mark.skipif(network.available() == network.TORCHVISION, reason="torchvision is installed")
def test_the_fallback_refuses_weights_that_are_not_its_own(birds: Path, tmp_path: Path) -> None:
    parameters = hyperparameters.parse(("--stem", "small"))
    with pytest.raises(RefusedError) as refused:
        recipe.recipe(parameters, Split.open(birds / "train"), 1, weights=tmp_path / "resnet18.pth")
    assert len(refused.value.faults) == 2
    assert "torchvision is not installed" in str(refused.value)


def _copy_of(model: network.Birds) -> network.Birds:
    made = fallback()
    made.load_state_dict(model.state_dict())
    return made
