"""Trains the network on pictures: channels in, weights and serving code out.

All decoded pictures are kept in memory, and one device trains: enough for some 100,000 small
ones. model_code/birds_pytorch shows how to go further. A new hyperparameter is a line in
OPTIONS and one in the YAML.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from my_workload.network import WEIGHTS, Network, decode
from shared import arguments, class_names, faults, serving_code
from shared.environment import TrainingEnvironment
from shared.images.shards import read_shards

OPTIONS = (
    arguments.number("learning-rate", low=1e-6, high=1, default="0.002", help="at its highest"),
    arguments.integer("batch-size", low=1, high=65_536, default="32", help="pictures a step"),
    arguments.integer("epochs", low=1, high=10_000, default="20", help="passes over the data"),
    arguments.integer("seed", low=0, high=2**31 - 1, default="7", help="of all that is random"),
)
# What SageMaker adds to the arguments by itself.
IGNORED = ("_tuning_objective_metric",)
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def tensors(folder: Path) -> TensorDataset:
    """Pixels as bytes [n, 3, size, size], labels as whole numbers."""
    records = list(read_shards(folder))
    pixels = torch.stack([decode(record.encoded) for record in records])
    return TensorDataset(pixels, torch.tensor([record.label for record in records]))


@torch.inference_mode()
def measure(network: Network, data: TensorDataset) -> tuple[float, float]:
    """Loss and accuracy."""
    network.eval()
    loss, right, count = 0.0, 0.0, 0
    for pixels, labels in DataLoader(data, 256):
        logits, wanted = network(pixels.to(DEVICE)), labels.to(DEVICE)
        loss += float(cross_entropy(logits, wanted, reduction="sum"))
        right += float((logits.argmax(dim=1) == wanted).sum())
        count += len(labels)
    return loss / count, right / count


def fit(network: Network, data: TensorDataset, held_out: TensorDataset, chosen: Any) -> list[Any]:
    """All epochs; prints the lines that the regular expressions of the YAML read."""
    batches = DataLoader(data, chosen["batch_size"], shuffle=True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=chosen["learning_rate"])
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, chosen["learning_rate"], epochs=chosen["epochs"], steps_per_epoch=len(batches)
    )
    history = []
    for epoch in range(1, chosen["epochs"] + 1):
        network.train()
        for pixels, labels in batches:
            optimizer.zero_grad()
            cross_entropy(network(pixels.to(DEVICE)), labels.to(DEVICE)).backward()
            optimizer.step()
            schedule.step()
        figures = (*measure(network, data), *measure(network, held_out))
        named = dict(zip(("loss", "accuracy", "val_loss", "val_accuracy"), figures, strict=True))
        print(
            f"epoch={epoch}", *(f"{name}={value:.4f}" for name, value in named.items()), flush=True
        )
        history.append(named)
    return history


def train() -> None:
    """The whole job. Raises RefusedError for arguments or data that cannot be used."""
    chosen = arguments.parse(OPTIONS, sys.argv[1:], program="train.py", ignored=IGNORED)
    environment = TrainingEnvironment.from_variables()
    classes = class_names.read(environment.train)
    data, held_out = tensors(environment.train), tensors(environment.validation)
    torch.manual_seed(chosen["seed"])
    network = Network(len(classes)).to(DEVICE)
    history = fit(network, data, held_out, chosen)
    environment.model.mkdir(parents=True, exist_ok=True)
    torch.save(network.cpu().state_dict(), environment.model / WEIGHTS)
    here = Path(__file__).parent
    size = data.tensors[0].shape[-1]
    facts = {"image_size": size, "hyperparameters": chosen, "history": history}
    code = serving_code.write(
        environment.model, inference=here / "inference.py", classes=classes, facts=facts
    )
    for name in ("__init__.py", "network.py"):
        (code / here.name).mkdir(exist_ok=True)
        shutil.copyfile(here / name, code / here.name / name)


if __name__ == "__main__":
    sys.exit(faults.run(train))
