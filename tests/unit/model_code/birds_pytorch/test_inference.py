from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.faults import RefusedError
from tests.unit.model_code.birds_pytorch.conftest import EDGE
from tests.unit.model_code.conftest import HELPERS, Trained
from tests.unit.model_code.uploads import LABELS, encode, picture

pytest.importorskip("torch")

IMAGE, JSON, NPY = "application/x-image", "application/json", "application/x-npy"
PICTURES = [picture(label, 700 + label, edge=EDGE) for label in range(3)]
BATCH = np.stack([np.asarray(one) for one in PICTURES])


def npy_bytes(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


# By name: content type, body, and the labels that are expected, or a part of the refusal.
REQUESTS: dict[str, tuple[str, bytes, list[str] | str]] = {
    **{name: (IMAGE, encode(PICTURES[label]), [name]) for label, name in enumerate(LABELS)},
    "a larger picture": (IMAGE, encode(picture(2, 1, edge=96)), [LABELS[2]]),
    "several in JSON": (JSON, json.dumps(BATCH.tolist()).encode(), list(LABELS)),
    "instances": (JSON, json.dumps({"instances": BATCH[1].tolist()}).encode(), [LABELS[1]]),
    "npy": (NPY, npy_bytes(BATCH), list(LABELS)),
    "npy of one, in floats": (NPY, npy_bytes(BATCH[0].astype(np.float32)), [LABELS[0]]),
    "CSV": ("text/csv", b"1,2", "Content-Type 'text/csv' is not supported"),
    "nothing": (IMAGE, b"", "the body is empty"),
    "no picture": (IMAGE, b"hello", "the body is no picture that can be read"),
    "another shape": (JSON, b"[[[[1, 2, 3]]]]", "picture 0 is of another shape"),
}


@pytest.fixture(scope="module")
def answers(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every request's answer, of one process that has loaded the model."""
    file = tmp_path_factory.mktemp("requests") / "requests.json"
    requests = [
        {"content_type": content_type, "base64": base64.b64encode(body).decode()}
        for content_type, body, _ in REQUESTS.values()
    ]
    file.write_text(json.dumps(requests))
    # Without the repository's code: the archive brings all that serving needs.
    finished = subprocess.run(
        [sys.executable, "-P", HELPERS / "ask_torch_model.py", trained.model, file],
        cwd=file.parent,
        env={"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    return dict(zip(REQUESTS, json.loads(finished.stdout.splitlines()[-1]), strict=True))


@pytest.mark.parametrize("name", REQUESTS)
def test_the_served_model_answers_or_says_what_is_wrong(name: str, answers: dict[str, Any]) -> None:
    answer, expected = answers[name], REQUESTS[name][2]
    if isinstance(expected, str):
        assert expected in answer["error"]
        return
    assert answer["content_type"] == JSON
    assert [found["label"] for found in answer["predictions"]] == expected
    for found in answer["predictions"]:
        assert found["confidence"] == max(found["probabilities"].values())
        assert list(found["probabilities"]) == list(LABELS)


def test_the_predictor_answers_as_the_endpoint_does(
    trained: Trained, answers: dict[str, Any]
) -> None:
    from birds_pytorch import predictor

    asked = predictor.load(trained.model, ("some", "others"))
    assert asked.classes == LABELS
    assert [entry["epoch"] for entry in asked.learning_curve] == [1, 2, 3, 4]
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} < set(asked.learning_curve[0])
    probabilities = asked.predict([encode(one) for one in PICTURES])
    for row, name in zip(probabilities, LABELS, strict=True):
        (served,) = answers[name]["predictions"]
        assert row.tolist() == pytest.approx(list(served["probabilities"].values()), abs=1e-5)
    assert asked.predict([]).shape == (0, 3)


def test_a_damaged_model_and_a_damaged_picture_are_refused(
    trained: Trained, tmp_path: Path
) -> None:
    from birds_pytorch import predictor

    with pytest.raises(RefusedError, match=r"(?s)the model is damaged.*model\.json"):
        predictor.load(tmp_path, LABELS)
    with pytest.raises(RefusedError, match="data is damaged"):
        predictor.load(trained.model, LABELS).predict([b"hello"])
