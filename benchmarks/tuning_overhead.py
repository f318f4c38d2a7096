"""What a search costs besides its training jobs, against Optuna alone.

    python -m benchmarks.tuning_overhead [--jobs 200]

A tuning job of the strategy Bayesian runs with doubles for its training jobs, which end at once and
emitted 50 values each. Printed are the milliseconds of CPU a training job of the whole search, its
records and its looks at the training jobs included, for all and for a tenth of the training jobs
(a search that slowed down with its length would show there), and what the peer takes: Optuna's
`study.optimize` with the same sampler, ranges and objective. Then what Describe and a List of a
hundred training jobs take at the end.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import optuna

from local_cloud.sagemaker import tuning_jobs
from local_cloud.sagemaker.tuner import ranges, search, slots
from tests.unit.local_cloud.tuning.conftest import IMAGES
from tests.unit.local_cloud.tuning.fake_cloud import Cloud, FakeTrainingJobs, Outcome, epochs

SPACE = {
    "ContinuousParameterRanges": [
        {"Name": "x", "MinValue": "-1", "MaxValue": "1"},
        {"Name": "y", "MinValue": "-1", "MaxValue": "1"},
    ]
}
VALUES = 50
PARALLEL = 4


def score(values: Mapping[str, float]) -> float:
    """Best in the middle."""
    return -(values["x"] ** 2) - values["y"] ** 2


def train(values: Mapping[str, str]) -> Outcome:
    """A training job that emits its objective VALUES times."""
    return epochs(*[score({name: float(values[name]) for name in ("x", "y")})] * VALUES)


def tuned(folder: Path, jobs: int) -> tuple[Cloud, float]:
    """A cloud with an ended search of so many training jobs, and the CPU seconds it took."""
    folder.mkdir()
    (folder / "images.toml").write_text(IMAGES)
    doubles = FakeTrainingJobs(train)
    tuning_jobs._start_training_job = doubles.start
    cloud = Cloud(folder, doubles)
    begin = time.process_time()
    done = cloud.tune(ranges=SPACE, most=jobs, parallel=PARALLEL)
    seconds = time.process_time() - begin
    if done["TrainingJobStatusCounters"]["Completed"] != jobs:
        raise RuntimeError(f"not all training jobs ran: {done}")
    return cloud, seconds


def optuna_alone(jobs: int) -> float:
    """CPU seconds of the peer."""
    found, _ = ranges.parse(SPACE)
    space = {one.name: one.distribution() for one in found}
    sampler = optuna.samplers.TPESampler(seed=1, multivariate=True, constant_liar=True)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    begin = time.process_time()
    for _ in range(jobs):
        trial = study.ask(space)
        study.tell(trial, score(trial.params))
    return time.process_time() - begin


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200)
    jobs = parser.parse_args().jobs
    os.environ[slots.SETTING] = str(PARALLEL)
    search.POLL_SECONDS = 0.01
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    few = max(PARALLEL, jobs // 10)
    alone = optuna_alone(jobs)
    with tempfile.TemporaryDirectory() as folder:
        _, short = tuned(Path(folder) / "few", few)
        cloud, long = tuned(Path(folder) / "all", jobs)
        print(f"search of {jobs} training jobs: {1000 * long / jobs:.1f} ms of CPU each")
        print(f"search of {few} training jobs: {1000 * short / few:.1f} ms of CPU each")
        print(f"Optuna alone: {1000 * alone / jobs:.1f} ms each: {long / alone:.1f} times")
        for name, ask in (("Describe", cloud.describe), ("List of 100", cloud.training_jobs)):
            begin = time.perf_counter()
            ask()
            print(f"{name}: {1000 * (time.perf_counter() - begin):.1f} ms")


if __name__ == "__main__":
    main()
