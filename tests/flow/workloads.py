"""The workloads that go from upload to prediction, each with data small enough for a test."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from demo.catalog import Delivery
from demo.clock import StageClock
from demo.cloud import Cloud
from demo.configuration import layout_of
from demo.datasets.iris import write_iris
from demo.datasets.textured_shapes import write_cub_200_2011, write_folders
from demo.environment import Environment
from demo.narrator import Narrator
from demo.run_state import RunState
from demo.workload_run import WorkloadRun
from tests.flow.chain import write_small_digits

SHAPES_A_CLASS = 60


@dataclass(frozen=True)
class Case:
    """A workload and what must come of it.

    Attributes:
        write: puts its data into a folder.
        floor: of the test accuracy.
        needs: a module without which the workload is not run.
        long: whether it takes more minutes than the gate has.
    """

    workload: str
    write: Callable[[Path], object]
    floor: float
    needs: str = ""
    long: bool = False

    @property
    def can_run(self) -> bool:
        return not self.needs or importlib.util.find_spec(self.needs) is not None

    def parameter(self) -> Any:
        marks = [pytest.mark.skipif(not self.can_run, reason=f"{self.needs} is not installed")]
        marks += [pytest.mark.long] if self.long else []
        return pytest.param(self, id=self.workload, marks=marks)


@dataclass(frozen=True)
class Served:
    """A workload's model from its run to its endpoint."""

    case: Case
    run: RunState
    package: dict[str, Any]
    report: dict[str, Any]
    stages: WorkloadRun

    @property
    def metadata(self) -> dict[str, str]:
        found: dict[str, str] = self.package["CustomerMetadataProperties"]
        return found


def stages_of(workload: str, cloud: Cloud, outputs: dict[str, str], folder: Path) -> WorkloadRun:
    """The stages of a workload as the demo goes through them, told on the standard output."""
    return WorkloadRun(
        workload=workload,
        environment=Environment(cloud=cloud, outputs=outputs, folder=folder),
        narrator=Narrator(Console(width=160)),
        clock=StageClock(),
    )


def start(stages: WorkloadRun, write: Callable[[Path], object]) -> datetime:
    """Upload, which starts a run; answers when all was there."""
    return stages.upload(Delivery("a test's data", write), "")


def train(stages: WorkloadRun, write: Callable[[Path], object]) -> RunState:
    """The run that an upload of this data starts. Raises DemoError where it fails."""
    _, run = stages.train(start(stages, write), "")
    return run


def write_shapes(workload: str, folder: Path) -> None:
    """Synthetic textured shapes, in the layout that the workload's file names."""
    cub = layout_of(workload) == "cub-200-2011"
    (write_cub_200_2011 if cub else write_folders)(folder, per_class=SHAPES_A_CLASS)


CASES = (
    Case("cifar-custom-container", write_small_digits, 0.9),
    Case("iris-xgboost", write_iris, 0.93),
    Case("iris-sklearn-byoc", write_iris, 0.93),
    Case("birds-tensorflow", lambda folder: write_shapes("birds-tensorflow", folder), 0.9),
    Case(
        "birds-pytorch",
        lambda folder: write_shapes("birds-pytorch", folder),
        0.9,
        needs="torch",
        long=True,
    ),
)
