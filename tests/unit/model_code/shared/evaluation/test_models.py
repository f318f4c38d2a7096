"""Loading a model, and holding its predictor to its contract."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.evaluation import models
from shared.evaluation.models import Asked
from shared.faults import RefusedError


class Answering:
    def __init__(self, answer: Any, classes: tuple[str, ...] = ("a", "b")) -> None:
        self.classes = classes
        self._answer = answer

    def predict(self, inputs: Any) -> Any:
        return np.array(self._answer)


def test_answers_come_by_the_test_datas_classes() -> None:
    asked = Asked(Answering([[0.7, 0.2, 0.1]], ("c", "extra", "a")), ("a", "b", "c"), 1)
    assert asked.columns == ("a", "b", "c", "extra")
    assert asked.unknown == ("b",)
    assert asked.probabilities([b""]).tolist() == [[0.1, 0.0, 0.7, 0.2]]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ([[0.5, 0.5], [0.5, 0.5]], r"of shape \(2, 2\), expected \(1, 2\)"),
        ([0.5, 0.5], r"of shape \(2,\)"),
        ([[2.0, -3.0]], "expected numbers that add up to 1"),
        ([[float("nan"), 1.0]], "expected numbers that add up to 1"),
    ],
)
def test_an_answer_that_is_no_probabilities_is_refused(answer: Any, told: str) -> None:
    with pytest.raises(RefusedError, match=told):
        Asked(Answering(answer), ("a", "b"), 1).probabilities([b""])


def test_a_model_archive_that_writes_elsewhere_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../escaped"), io.BytesIO())
    with pytest.raises(RefusedError, match="outside the destination"):
        models.unpack(tmp_path, tmp_path / "inner" / "target")
    assert not (tmp_path / "inner" / "escaped").exists()


@pytest.mark.parametrize(("content", "told"), [(None, "is missing"), (b"no gzip", "gzip")])
def test_a_missing_or_damaged_model_is_refused(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    if content is not None:
        (tmp_path / "model.tar.gz").write_bytes(content)
    with pytest.raises(RefusedError, match=told):
        models.unpack(tmp_path, tmp_path / "target")


@pytest.mark.parametrize(
    ("module", "source", "told"),
    [
        ("nowhere.predictor", None, "there is no module nowhere.predictor"),
        ("needy", "import no_such_framework", "needs no_such_framework, which this container"),
        ("loadless", "", "has no function load"),
    ],
)
def test_a_predictor_that_cannot_be_had_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, source: str | None, told: str
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    if source is not None:
        (tmp_path / f"{module}.py").write_text(source)
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz"):
        pass
    with pytest.raises(RefusedError, match=told):
        models.load(tmp_path, tmp_path / "target", module=module, classes=("a", "b"))
