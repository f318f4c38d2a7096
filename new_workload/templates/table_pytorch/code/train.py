"""Trains the network on a table: channels in, weights and serving code out.

A new hyperparameter is a line in OPTIONS and one in the YAML.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from my_workload.network import WEIGHTS, Network
from shared import arguments, faults, serving_code
from shared.environment import TrainingEnvironment
from shared.tables import channels

OPTIONS = (
    arguments.number("learning-rate", low=1e-6, high=1, default="0.01", help="of Adam"),
    arguments.integer("batch-size", low=1, high=65_536, default="32", help="rows a step"),
    arguments.integer("epochs", low=1, high=10_000, default="60", help="passes over the data"),
    arguments.integer("seed", low=0, high=2**31 - 1, default="7", help="of all that is random"),
)
# What SageMaker adds to the arguments by itself.
IGNORED = ("_tuning_objective_metric",)


def tensors(rows: channels.Rows) -> TensorDataset:
    """Features as float32, labels as whole numbers."""
    features = torch.tensor(rows.features, dtype=torch.float32)
    return TensorDataset(features, torch.tensor(rows.labels))


@torch.inference_mode()
def measure(network: Network, data: TensorDataset) -> tuple[float, float]:
    """Loss and accuracy."""
    features, labels = data.tensors
    logits = network.eval()(features)
    right = (logits.argmax(dim=1) == labels).float().mean()
    return float(cross_entropy(logits, labels)), float(right)


def fit(network: Network, data: TensorDataset, held_out: TensorDataset, chosen: Any) -> list[Any]:
    """All epochs; prints the lines that the regular expressions of the YAML read."""
    optimizer = torch.optim.Adam(network.parameters(), lr=chosen["learning_rate"])
    history = []
    for epoch in range(1, chosen["epochs"] + 1):
        network.train()
        for features, labels in DataLoader(data, chosen["batch_size"], shuffle=True):
            optimizer.zero_grad()
            cross_entropy(network(features), labels).backward()
            optimizer.step()
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
    schema = channels.read_schema()
    data = tensors(channels.read_rows(environment.train, schema))
    held_out = tensors(channels.read_rows(environment.validation, schema))
    torch.manual_seed(chosen["seed"])
    network = Network(len(schema.features), len(schema.classes))
    network.adapt(data.tensors[0])
    history = fit(network, data, held_out, chosen)
    environment.model.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), environment.model / WEIGHTS)
    here = Path(__file__).parent
    facts = {"features": schema.feature_names, "hyperparameters": chosen, "history": history}
    code = serving_code.write(
        environment.model, inference=here / "inference.py", classes=schema.classes, facts=facts
    )
    for name in ("__init__.py", "network.py"):
        (code / here.name).mkdir(exist_ok=True)
        shutil.copyfile(here / name, code / here.name / name)


if __name__ == "__main__":
    sys.exit(faults.run(train))
