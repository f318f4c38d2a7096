"""The stand-in's answers to /invocations and its siblings."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from local_cloud.containers import xgboost_serving
from local_cloud.containers.serving_http import Request, Response
from local_cloud.containers.xgboost_serving import Front, ModelError

FEATURES = np.random.default_rng(1).random((80, 3)).astype(np.float32)
LABELS = (FEATURES[:, 0] * 3).astype(int)
ROWS = FEATURES[:4]
CSV = "\n".join(",".join(map(str, row)) for row in ROWS.tolist())
LIBSVM = "\n".join(
    " ".join(f"{index}:{value}" for index, value in enumerate(row)) for row in ROWS.tolist()
)


def _booster(objective: str) -> xgboost.Booster:
    multiclass = objective.startswith("multi")
    labels = LABELS if multiclass else LABELS > 0
    parameters = {"objective": objective, **({"num_class": 3} if multiclass else {})}
    return xgboost.train(parameters, xgboost.DMatrix(FEATURES, label=labels), num_boost_round=5)


def _front(folder: Path, objective: str = "binary:logistic", **environment: str) -> Front:
    folder.mkdir(exist_ok=True)
    (folder / "xgboost-model").write_bytes(_booster(objective).save_raw("ubj"))
    return Front(xgboost_serving.load(folder), environment, threads=2)


def _ask(front: Front, body: str, kind: str = "text/csv", accept: str = "") -> Response:
    headers = {"content-type": kind, "accept": accept}
    return front.answer(Request("POST", "/invocations", headers, body.encode()))


def _expected(objective: str = "binary:logistic") -> list[Any]:
    found: list[Any] = _booster(objective).predict(xgboost.DMatrix(ROWS)).tolist()
    return found


def _is_close(text: str) -> bool:
    found = [float(value) for value in text.split(",")]
    return bool(np.allclose(found, _expected()))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/csv", CSV),
        ("text/csv; charset=utf-8", CSV + "\n"),
        ("text/csv", CSV.replace(",", ";")),
        ("text/libsvm", LIBSVM),
        ("text/x-libsvm", "\n".join(f"1 {line}" for line in LIBSVM.splitlines())),
    ],
)
def test_several_rows_are_answered_on_one_line(tmp_path: Path, kind: str, body: str) -> None:
    answer = _ask(_front(tmp_path), body, kind)
    assert (answer.status, answer.content_type) == (200, "text/csv")
    assert _is_close(answer.body.decode())


def test_batch_transform_gets_a_line_a_row(tmp_path: Path) -> None:
    front = _front(tmp_path, "multi:softprob", SAGEMAKER_BATCH="true")
    lines = _ask(front, CSV).body.decode().splitlines()
    assert np.allclose([json.loads(line) for line in lines], _expected("multi:softprob"))


def test_json_has_a_score_a_row(tmp_path: Path) -> None:
    front = _front(tmp_path)
    whole = json.loads(_ask(front, CSV, accept="application/json").body)
    assert np.allclose([row["score"] for row in whole["predictions"]], _expected())
    lines = _ask(front, CSV, accept="application/jsonlines").body.decode().splitlines()
    assert [json.loads(line) for line in lines] == whole["predictions"]


def test_an_empty_field_is_a_missing_value(tmp_path: Path) -> None:
    answer = _ask(_front(tmp_path), ",0.5,0.5")
    row = xgboost.DMatrix(np.array([[np.nan, 0.5, 0.5]]))
    expected = _booster("binary:logistic").predict(row)[0]
    assert float(answer.body) == pytest.approx(float(expected))


def test_parts_of_a_prediction_are_answered_where_they_are_selected(tmp_path: Path) -> None:
    keys = "predicted_label, labels, probability, probabilities, predicted_score"
    front = _front(tmp_path, "multi:softprob", SAGEMAKER_INFERENCE_OUTPUT=keys)
    rows = json.loads(_ask(front, CSV, accept="application/json").body)["predictions"]
    expected = np.array(_expected("multi:softprob"))
    assert [row["predicted_label"] for row in rows] == list(expected.argmax(axis=1))
    assert np.allclose([row["probabilities"] for row in rows], expected)
    assert rows[0]["labels"] == [0, 1, 2]
    assert np.isnan(rows[0]["predicted_score"])
    line = _ask(front, CSV).body.decode().splitlines()[0]
    assert line.startswith(f'{rows[0]["predicted_label"]},"[0, 1, 2]",')


@pytest.mark.parametrize(
    ("kind", "body", "accept", "status", "words"),
    [
        ("text/csv", "", "", 204, ""),
        ("text/csv", "1,x,3", "", 415, "Loading csv data failed with Exception, please ensure"),
        ("text/csv", "1,2,3\n1,2", "", 415, "Loading csv data failed with Exception"),
        ("text/libsvm", "1 a:2", "", 415, "Loading libsvm data failed with Exception"),
        ("text/libsvm", "1 -1:2", "", 415, "Loading libsvm data failed with Exception"),
        ("application/json", "[1]", "", 415, "application/json is not an accepted ContentType"),
        ("text/csv", "1,2,3,4,5", "", 400, "Unable to evaluate payload provided: Feature size"),
        ("text/csv", "1,2,3", "image/png", 406, "Accept type image/png is not supported."),
    ],
)
def test_bad_requests_are_refused_in_the_containers_words(
    tmp_path: Path, kind: str, body: str, accept: str, status: int, words: str
) -> None:
    answer = _ask(_front(tmp_path), body, kind, accept)
    assert answer.status == status
    assert answer.body.decode().startswith(words)


def test_a_payload_above_the_limit_is_refused(tmp_path: Path) -> None:
    assert _ask(_front(tmp_path, MAX_CONTENT_LENGTH="10"), CSV).status == 413


def test_ping_and_execution_parameters(tmp_path: Path) -> None:
    front = _front(tmp_path)
    assert front.answer(Request("GET", "/ping", {}, b"")).status == 200
    parameters = json.loads(front.answer(Request("GET", "/execution-parameters", {}, b"")).body)
    assert parameters["BatchStrategy"] == "MULTI_RECORD"
    assert parameters["MaxPayloadInMB"] == 6


def test_a_pickle_is_not_loaded(tmp_path: Path) -> None:
    content = pickle.dumps(_booster("binary:logistic"))
    (tmp_path / "xgboost-model").write_bytes(content)
    with pytest.raises(ModelError, match=r"is a pickle.*Booster\.save_model"):
        xgboost_serving.load(tmp_path)


def test_a_folder_without_a_model_and_a_broken_model_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="must hold xgboost-model at its root"):
        xgboost_serving.load(tmp_path)
    (tmp_path / "xgboost-model").write_bytes(b"{broken")
    with pytest.raises(ModelError, match="cannot be loaded"):
        xgboost_serving.load(tmp_path)
