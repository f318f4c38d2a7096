"""What ``python -m local_cloud status`` shows of the SageMaker resources that do work."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_cloud.sagemaker.store import Store
from local_cloud.settings import LocalCloudSettings

SHOWN = 10
"""Of each kind, the newest; `aws sagemaker list-...` has them all."""


@dataclass(frozen=True)
class Kind:
    """``status`` and ``name`` are members of the kind's Describe."""

    title: str
    kind: str
    name: str

    @property
    def status(self) -> str:
        return f"{self.name.removesuffix('Name').removesuffix('Arn')}Status"


KINDS = (
    Kind("training jobs", "training-job", "TrainingJobName"),
    Kind("processing jobs", "processing-job", "ProcessingJobName"),
    Kind("transform jobs", "transform-job", "TransformJobName"),
    Kind("tuning jobs", "hyper-parameter-tuning-job", "HyperParameterTuningJobName"),
    Kind("pipeline executions", "pipeline-execution", "PipelineExecutionArn"),
    Kind("endpoints", "endpoint", "EndpointName"),
)


def overview(settings: LocalCloudSettings) -> list[str]:
    """Lines: per kind how many are in which status, and its newest ones."""
    store = Store(settings.database)
    try:
        return [
            line
            for kind in KINDS
            for line in _lines(kind, store.listed(kind.kind), now=time.time())
        ]
    finally:
        store.close()


def _lines(kind: Kind, documents: Sequence[Mapping[str, Any]], *, now: float) -> list[str]:
    if not documents:
        return []
    newest = sorted(documents, key=lambda one: float(one["CreationTime"]), reverse=True)
    rows = [
        (str(one.get(kind.status, "")), _short(str(one[kind.name])), age(now, one["CreationTime"]))
        for one in newest[:SHOWN]
    ]
    counts = Counter(str(one.get(kind.status, "")) for one in documents)
    told = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    left = len(documents) - len(rows)
    return [
        f"  {kind.title}: {told}",
        *(f"    {line}" for line in columns(rows)),
        *([f"    and {left} older"] if left > 0 else []),
    ]


def _short(name: str) -> str:
    """Of a pipeline execution's ARN what `logs` and people need: ``<pipeline>/execution/<id>``."""
    return name.split(":pipeline/")[-1]


def age(now: float, then: float) -> str:
    """How long ago, in the largest unit that is not zero."""
    seconds = max(0, int(now - float(then)))
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"


def columns(rows: Iterable[Sequence[str]]) -> list[str]:
    """The rows with their cells one below the other."""
    kept = [list(row) for row in rows]
    widths = [max(len(row[index]) for row in kept) for index in range(len(kept[0]))]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in kept]
