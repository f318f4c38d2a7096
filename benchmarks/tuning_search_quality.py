"""How much better the local cloud's Bayesian search and Hyperband do than random search.

    python -m benchmarks.tuning_search_quality

The peer is Optuna's RandomSampler, which is the local cloud's strategy Random, with the same
budget: training jobs for Bayesian, epochs of all training jobs together for Hyperband. Each way
searches each function with several seeds. Printed are the medians of the regret, which is the
best objective found less the optimum (lower is better), and the ratio of the peer's to the
strategy's.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_cloud.sagemaker.tuner import ranges, strategy

EPOCHS = 27
"""Of a training job that is not stopped."""
PEER = "Random"


@dataclass(frozen=True)
class Problem:
    """An objective to minimise; ``loss`` is above its optimum by what it returns."""

    name: str
    space: Mapping[str, Any]
    loss: Callable[[Mapping[str, str]], float]


def branin(values: Mapping[str, str]) -> float:
    """The Branin function, whose three minima are 0.397887."""
    x, y = float(values["x"]), float(values["y"])
    valley = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10 - 0.397887


def bowl(values: Mapping[str, str]) -> float:
    """Best at a learning rate of 0.003 and a momentum of 0.97, each on its scale."""
    rate = math.log10(float(values["learning-rate"]) / 0.003)
    momentum = math.log10((1 - float(values["momentum"])) / 0.03)
    return rate**2 + momentum**2


def mixed(values: Mapping[str, str]) -> float:
    """Best with adam, batches of 64, four layers, a rate of 0.001 and no weight decay."""
    rate = math.log10(float(values["learning-rate"]) / 0.001)
    wrong = {"adam": 0.0, "sgd": 0.6, "rmsprop": 0.3}[values["optimizer"]]
    wrong += {"32": 0.1, "64": 0.0, "128": 0.1, "256": 0.4}[values["batch-size"]]
    layers = (int(values["layers"]) - 4) / 4
    return rate**2 + wrong + layers**2 + float(values["weight-decay"])


def continuous(name: str, low: float, high: float, scaling: str = "Linear") -> dict[str, str]:
    """One entry of ContinuousParameterRanges or IntegerParameterRanges."""
    return {"Name": name, "MinValue": f"{low}", "MaxValue": f"{high}", "ScalingType": scaling}


PROBLEMS = (
    Problem(
        "Branin",
        {"ContinuousParameterRanges": [continuous("x", -5, 10), continuous("y", 0, 15)]},
        branin,
    ),
    Problem(
        "log-scaled bowl",
        {
            "ContinuousParameterRanges": [
                continuous("learning-rate", 1e-5, 1, "Logarithmic"),
                continuous("momentum", 0, 0.9999, "ReverseLogarithmic"),
            ]
        },
        bowl,
    ),
    Problem(
        "mixed categorical",
        {
            "ContinuousParameterRanges": [
                continuous("learning-rate", 1e-5, 1, "Logarithmic"),
                continuous("weight-decay", 0, 0.5),
            ],
            "IntegerParameterRanges": [continuous("layers", 1, 12)],
            "CategoricalParameterRanges": [
                {"Name": "optimizer", "Values": ["sgd", "adam", "rmsprop"]},
                {"Name": "batch-size", "Values": ["32", "64", "128", "256"]},
            ],
        },
        mixed,
    ),
)


def regret(name: str, problem: Problem, *, seed: int, jobs: int) -> float:
    """Of the best of ``jobs`` training jobs, one after the other."""
    space, _ = ranges.parse(problem.space)
    optimiser = strategy.create(name, space, direction="Minimize", seed=seed, max_jobs=jobs)
    losses = []
    for number in range(1, jobs + 1):
        losses.append(problem.loss(optimiser.ask(number)))
        optimiser.tell(number, losses[-1])
    return min(losses)


def regret_by_epochs(name: str, problem: Problem, *, seed: int, jobs: int) -> float:
    """Of the best that was seen in as many epochs as ``jobs`` training jobs take, by an objective
    that falls to the loss with the epochs."""
    space, _ = ranges.parse(problem.space)
    optimiser = strategy.create(
        name,
        space,
        direction="Minimize",
        seed=seed,
        max_jobs=jobs,
        resource=(1, EPOCHS),
        name=f"{problem.name}/{seed}",
    )
    left, number, best = jobs * EPOCHS, 0, math.inf
    while left > 0:
        number += 1
        loss = problem.loss(optimiser.ask(number))
        emitted: list[float] = []
        while left > 0 and len(emitted) < EPOCHS:
            left -= 1
            emitted.append(loss + 2 * math.exp(-5 * (len(emitted) + 1) / EPOCHS))
            if len(emitted) < EPOCHS and optimiser.is_behind(number, emitted):
                break
        best = min(best, emitted[-1])
        optimiser.tell(number, emitted[-1])
    return best - 2 * math.exp(-5)


def compare(name: str, search: Callable[..., float], *, jobs: int, seeds: int) -> None:
    """Print a line for each problem."""
    for problem in PROBLEMS:
        own, peer = (
            statistics.median(search(one, problem, seed=seed, jobs=jobs) for seed in range(seeds))
            for one in (name, PEER)
        )
        print(
            f"{name:10s} {problem.name:18s} regret {own:.4f}, {PEER} {peer:.4f}: "
            f"{peer / own:.1f} times lower"
        )


def main() -> None:
    """Compare both strategies with their peer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=40, help="training jobs of a search")
    parser.add_argument("--seeds", type=int, default=25)
    given = parser.parse_args()
    print(f"medians of {given.seeds} seeds, {given.jobs} training jobs of {EPOCHS} epochs each")
    compare("Bayesian", regret, jobs=given.jobs, seeds=given.seeds)
    compare("Hyperband", regret_by_epochs, jobs=given.jobs, seeds=given.seeds)


if __name__ == "__main__":
    main()
