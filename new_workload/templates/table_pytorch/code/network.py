"""The network: training makes it, predictor and endpoint load it. EDIT it for another.

Only its weights are kept (`weights.pt`), so that loading a model runs no code from its file, and
the release of PyTorch that serves need not be the one that trained.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

WEIGHTS = "weights.pt"


class Network(nn.Module):
    """From floats [n, features], NaN where missing, to logits [n, classes].

    Means and deviations of the training rows are among the weights, so that the endpoint does
    to the features what training did.
    """

    means: torch.Tensor
    deviations: torch.Tensor

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.register_buffer("means", torch.zeros(features))
        self.register_buffer("deviations", torch.ones(features))
        self.layers = nn.Sequential(
            nn.Linear(features, 32),
            nn.ReLU(),
            nn.Linear(32, 32),
            nn.ReLU(),
            nn.Linear(32, classes),
        )

    def adapt(self, rows: torch.Tensor) -> None:
        """Take means and deviations from the training rows."""
        self.means.copy_(torch.nan_to_num(torch.nanmean(rows, dim=0)))
        filled = torch.where(torch.isnan(rows), self.means, rows)
        self.deviations.copy_(filled.std(dim=0).clamp(min=1e-6))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        filled = torch.where(torch.isnan(rows), self.means, rows)
        logits: torch.Tensor = self.layers((filled - self.means) / self.deviations)
        return logits


def load(folder: Path, *, features: int, classes: int) -> Network:
    """The trained network in a model's folder, ready to answer."""
    network = Network(features, classes)
    weights = torch.load(folder / WEIGHTS, map_location="cpu", weights_only=True)
    network.load_state_dict(weights)
    return network.eval()


@torch.inference_mode()
def probabilities(network: Network, rows: Any) -> Any:
    """A NumPy array [n, classes] for rows [n, features]."""
    return torch.softmax(network(torch.as_tensor(rows, dtype=torch.float32)), dim=1).numpy()
