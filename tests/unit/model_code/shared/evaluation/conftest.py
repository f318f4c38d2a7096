"""A run's folders as the evaluation finds them, with a table of three species."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts.table_schema import Column, TableSchema
from shared import arguments
from shared.evaluation import evaluate, options
from shared.evaluation.evaluate import Judged
from tests.unit.model_code.shared.evaluation import linear_predictor

SPECIES = ("setosa", "versicolor", "virginica")
GOOD = np.array([[4.0, 0.0, -4.0], [0.0, 1.0, 0.0]])
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/flowers/3"


@dataclass
class Run:
    """Folders of one run; `judge` evaluates it."""

    folder: Path
    labels: list[int] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)

    def write_data(self, classes: Sequence[str] = SPECIES, rows: int = 90) -> None:
        rng = np.random.default_rng(7)
        self.labels = [number % len(classes) for number in range(rows)]
        self.rows = [
            [float(1 - label + noise), float(other)]
            for label, noise, other in zip(
                self.labels, rng.normal(0, 0.4, rows), rng.normal(0, 0.1, rows), strict=True
            )
        ]
        columns = (
            Column(name="species", type="category", values=tuple(classes)),
            Column(name="width", type="number", missing=True),
            Column(name="length", type="number"),
        )
        schema = TableSchema(
            header=False,
            delimiter=",",
            label="species",
            columns=columns,
            classes=tuple(classes),
        )
        (self.folder / "schema").mkdir(exist_ok=True)
        (self.folder / "schema" / "schema.json").write_text(schema.to_json(), encoding="utf-8")
        lines = [
            f"{label},{','.join(map(repr, row))}\n"
            for label, row in zip(self.labels, self.rows, strict=True)
        ]
        (self.folder / "test").mkdir(exist_ok=True)
        half = rows // 2
        for number, part in enumerate((lines[:half], lines[half:])):
            (self.folder / "test" / f"part-0000{number}.csv").write_text("".join(part))

    def write_model(
        self,
        folder: str = "model",
        *,
        weights: Any = GOOD,
        classes: Sequence[str] = SPECIES,
        **more: Any,
    ) -> None:
        linear_predictor.write(self.folder / folder, classes=classes, weights=weights, **more)

    def write_champion(self, arn: str | None = ARN) -> None:
        (self.folder / "champion").mkdir(exist_ok=True)
        document = {"schema_version": 1, "model_package_arn": arn, "dataset_version": "d" * 64}
        (self.folder / "champion" / "champion.json").write_text(json.dumps(document))

    def arguments(self, *more: str) -> list[str]:
        names = ("model", "test", "schema", "champion", "tuning", "transform", "samples")
        folders = [f"--{name}-dir={self.folder / name}" for name in names]
        return [
            "--kind=table",
            f"--predictor={linear_predictor.MODULE}",
            f"--report-dir={self.folder / 'report'}",
            f"--message-file={self.folder / 'message'}",
            *folders,
            *more,
        ]

    def judge(self, *more: str) -> Judged:
        given = arguments.parse(options.OPTIONS, self.arguments(*more), program="evaluate")
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        return evaluate.evaluate(Namespace(**given), scratch)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A first run: data and a model, nothing else."""
    made = Run(tmp_path)
    made.write_data()
    made.write_model()
    return made
