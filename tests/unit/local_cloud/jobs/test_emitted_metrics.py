from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from local_cloud.sagemaker.runner import metrics
from local_cloud.sagemaker.runner.emitted_metrics import EmittedMetrics
from local_cloud.sagemaker.store import Document, Store

WANTED = metrics.definitions([{"Name": "loss", "Regex": "loss=([0-9.]+)"}])
KIND, JOB = "training-job", "digits"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    store.create(KIND, JOB, {"_metrics": []})
    return store


def values(store: Store) -> list[float]:
    return [entry["Value"] for entry in store.get(KIND, JOB)["_metrics"]]


def test_metrics_are_written_in_the_order_of_their_lines(store: Store) -> None:
    emitted = EmittedMetrics(store, KIND, JOB, WANTED)
    for line in ("loss=3", "nothing", "loss=2"):
        emitted.read(line)
    emitted.write()
    emitted.read("loss=1")
    emitted.write()
    assert values(store) == [3.0, 2.0, 1.0]


def test_what_came_since_the_last_write_is_one_write_of_the_record(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = []
    mutate = store.mutate

    def counted(kind: str, name: str, change: Callable[[Document], None]) -> Document:
        writes.append(name)
        return mutate(kind, name, change)

    monkeypatch.setattr(store, "mutate", counted)
    emitted = EmittedMetrics(store, KIND, JOB, WANTED)
    for number in range(1000):
        emitted.read(f"loss={number}")
    emitted.write()
    emitted.write()
    assert writes == [JOB]
    assert len(values(store)) == 1000
