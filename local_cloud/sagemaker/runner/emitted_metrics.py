"""A training job's metrics, on their way from its lines to its record."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from local_cloud.sagemaker.runner import metrics
from local_cloud.sagemaker.runner.metrics import MetricDefinition
from local_cloud.sagemaker.store import Store


class EmittedMetrics:
    """Those of all hosts. A write is one of the job's whole record, however long: what came since
    the last one is written together."""

    def __init__(
        self, store: Store, kind: str, name: str, wanted: Sequence[MetricDefinition]
    ) -> None:
        self._store = store
        self._kind = kind
        self._name = name
        self._wanted = wanted
        self._lock = threading.Lock()
        self._unwritten: list[dict[str, Any]] = []

    def read(self, line: str) -> None:
        """Note what a line of a log says."""
        found = metrics.scan(line, self._wanted)
        if found:
            with self._lock:
                self._unwritten += found

    def write(self) -> None:
        """Add what was noted to the record."""
        # Held while it writes: the metrics of two hosts stay in the order of their lines.
        with self._lock:
            found = self._unwritten
            if found:
                self._store.mutate(
                    self._kind, self._name, lambda job: job["_metrics"].extend(found)
                )
                self._unwritten = []
