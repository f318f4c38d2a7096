"""How many pictures a second the steps of birds-pytorch train, plain and with all that speeds up.

    PYTHONPATH=model_code python benchmarks/birds_pytorch_throughput.py --network resnet50

Prints a line for each way: float32, and 16 bits with torch.compile, which needs a GPU. Both have
channels last in memory. Pictures are random and already on the device: this measures the network,
not the reading.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

import torch

from birds_pytorch import network
from shared.pytorch.precision import Precision
from shared.pytorch.processes import Processes
from shared.pytorch.steps import Steps


def pictures_a_second(given: argparse.Namespace, device: torch.device, *, fast: bool) -> float:
    """Of whole training steps, after as many to warm up."""
    processes = Processes(device=device)
    model = network.Birds(
        given.network, implementation=network.available(), stem="standard", classes=200, dropout=0.2
    ).to(device)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    steps = Steps(
        model,
        torch.optim.AdamW(model.parameters(), 1e-3),
        processes,
        Precision(processes, mixed=fast),
        class_weights=None,
        compiled=fast,
    )
    shape = (given.batch_size, 3, given.edge, given.edge)
    pixels = torch.randint(0, 256, shape, dtype=torch.uint8, device=device)
    labels = torch.randint(0, 200, shape[:1], device=device)

    def batches() -> Iterator[Any]:
        return iter([(pixels, labels)] * given.steps)

    rates = [1e-3] * given.steps
    steps.train(batches(), rates)
    started = time.perf_counter()
    # Its sums are read at the end, so that all steps are done by then.
    steps.train(batches(), rates)
    pictures: int = given.batch_size * given.steps
    return pictures / (time.perf_counter() - started)


def main() -> None:
    """Measure both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=network.NAMES, default="resnet50")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--edge", type=int, default=224)
    parser.add_argument("--steps", type=int, default=50)
    given = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    print(f"{given.network} of {network.available()}, batches of {given.batch_size}, on {name}")
    print(f"float32: {pictures_a_second(given, device, fast=False):.0f} pictures/s")
    if device.type == "cuda":
        fast = pictures_a_second(given, device, fast=True)
        print(f"16 bits, compiled: {fast:.0f} pictures/s")


if __name__ == "__main__":
    main()
