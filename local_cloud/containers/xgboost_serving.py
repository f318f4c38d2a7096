"""Stands for the ``serve`` command of AWS's built-in XGBoost: its algorithm mode.

What it simulates: /ping, /invocations and /execution-parameters with the container's content
types, answers and errors; the ``xgboost`` library predicts.
What it lacks: models as pickles (loading one runs code that whoever wrote it put in), Parquet and
RecordIO, script mode.

Contract: https://github.com/aws/sagemaker-xgboost-container (``algorithm_mode/serve.py``).

Started as the image's ``serve``; it reads SAGEMAKER_BIND_TO_PORT (listens on 127.0.0.1),
SAGEMAKER_LOCAL_ML_ROOT (what stands for /opt/ml), SAGEMAKER_MULTI_MODEL (as ManyModels),
SAGEMAKER_BATCH, SAGEMAKER_INFERENCE_OUTPUT, SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT and
MAX_CONTENT_LENGTH (bytes; at most 20 MiB).
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from local_cloud.containers import serving_http, xgboost_payload, xgboost_selection
from local_cloud.containers.serving_http import Answer, Request, Response
from local_cloud.containers.xgboost_content_types import CSV, ContentTypeError
from local_cloud.containers.xgboost_data import brief
from local_cloud.containers.xgboost_many_models import ManyModels

logger = logging.getLogger("xgboost_serving")
JSON, JSON_LINES, TEXT_CSV = "application/json", "application/jsonlines", "text/csv"
ACCEPTS = (JSON, JSON_LINES, "application/x-recordio-protobuf", TEXT_CSV)
DEFAULT_LIMIT, HIGHEST_LIMIT = 6 * 1024**2, 20 * 1024**2
PICKLE_START = b"\x80"


class ModelError(Exception):
    """The model's files cannot be served."""


class Model:
    """One model, or several whose mean is the prediction (those of a cross-validation)."""

    def __init__(self, boosters: Sequence[xgboost.Booster]) -> None:
        self._boosters = list(boosters)
        self._lock = threading.Lock()
        config = json.loads(self._boosters[0].save_config())["learner"]
        self.objective = str(config["objective"]["name"])
        self.classes = max(int(config["learner_model_param"].get("num_class", "0")), 2)

    def predict(self, matrix: xgboost.DMatrix, kind: str) -> Any:
        """(rows,) or (rows, classes). Raises ValueError where the rows are of another width."""
        trained, given = self._boosters[0].num_features(), matrix.num_col()
        if kind == CSV and given not in (trained, trained - 1):
            raise ValueError(
                f"Feature size of csv inference data {given} is not consistent with feature "
                f"size of trained model {trained}."
            )
        if kind != CSV and given > trained + 1:
            raise ValueError(
                f"Feature size of libsvm inference data {given} is larger than feature size of "
                f"trained model {trained}."
            )
        # XGBoost promises concurrent predictions for some boosters only.
        with self._lock:
            found = [one.predict(matrix, validate_features=False) for one in self._boosters]
        return found[0] if len(found) == 1 else np.mean(found, axis=0)


def load(folder: Path) -> Model:
    """Every file right in the folder is a model in XGBoost's own format. Raises ModelError."""
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    files = [file for file in there if file.is_file() and not file.name.startswith(".")]
    if not files:
        raise ModelError(f"no model in {folder}: the archive must hold xgboost-model at its root")
    return Model([_booster(file) for file in files])


def _booster(file: Path) -> xgboost.Booster:
    content = file.read_bytes()
    if content.startswith(PICKLE_START):
        raise ModelError(
            f"{file.name} is a pickle, which the local cloud does not load because loading runs "
            "the code in it: write the model with Booster.save_model"
        )
    booster = xgboost.Booster()
    try:
        booster.load_model(bytearray(content))
    except (xgboost.core.XGBoostError, ValueError) as error:
        raise ModelError(f"Model at {file} cannot be loaded:\n{brief(error)}") from error
    booster.set_param({"nthread": 1})
    return booster


class Front:
    """Answers a model's requests; ``environment`` are the container's variables."""

    def __init__(self, model: Model, environment: Mapping[str, str], threads: int) -> None:
        self._model = model
        self._threads = threads
        self._batch = bool(environment.get("SAGEMAKER_BATCH"))
        self._default_accept = environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", TEXT_CSV)
        selected = environment.get("SAGEMAKER_INFERENCE_OUTPUT", "")
        self._keys = [key for key in selected.replace(" ", "").lower().split(",") if key]
        limit = int(environment.get("MAX_CONTENT_LENGTH", DEFAULT_LIMIT))
        self._limit = min(limit, HIGHEST_LIMIT)

    def answer(self, request: Request) -> Response:
        asked = (request.method, request.path)
        if asked == ("GET", "/ping"):
            return Response(200, content_type="text/html")
        if asked == ("GET", "/execution-parameters"):
            return Response(200, json.dumps(self._execution_parameters()).encode())
        if asked == ("POST", "/invocations"):
            return self._invoke(request)
        return _text(404, "there are GET /ping, GET /execution-parameters, POST /invocations")

    def _execution_parameters(self) -> dict[str, Any]:
        return {
            "MaxConcurrentTransforms": self._threads,
            "BatchStrategy": "MULTI_RECORD",
            "MaxPayloadInMB": self._limit // 1024**2,
        }

    def _invoke(self, request: Request) -> Response:
        if not request.body:
            return Response(204, content_type="text/html")
        if len(request.body) > self._limit:
            return _text(413, f"the payload is above {self._limit} bytes (MAX_CONTENT_LENGTH)")
        try:
            matrix, kind = xgboost_payload.parse(request.body, request.headers.get("content-type"))
        except (xgboost_payload.PayloadError, ContentTypeError) as error:
            logger.error("%s", error)
            return _text(415, str(error))
        try:
            predictions = self._model.predict(matrix, kind)
        except (xgboost.core.XGBoostError, ValueError) as error:
            logger.error("%s", error)
            return _text(400, f"Unable to evaluate payload provided: {brief(error)}")
        accept = request.headers.get("accept", "").split(";")[0].strip().lower()
        accept = self._default_accept if accept in ("", "*/*") else accept
        if accept not in ACCEPTS:
            supported = list(ACCEPTS)
            return _text(
                406,
                f"Accept type {accept} is not supported. Please use supported accept types: "
                f"{supported}.",
            )
        return self._encode(predictions, accept)

    def _encode(self, predictions: Any, accept: str) -> Response:
        if accept not in (JSON, JSON_LINES, TEXT_CSV):
            return _text(406, f"The local cloud's stand-in for XGBoost does not write {accept}.")
        if self._keys:
            try:
                rows = xgboost_selection.select(
                    predictions,
                    self._keys,
                    objective=self._model.objective,
                    classes=self._model.classes,
                )
            except xgboost_selection.SelectionError as error:
                return _text(500, str(error))
        else:
            rows = [{"score": value} for value in predictions.tolist()]
        if accept == TEXT_CSV:
            text = self._csv(predictions, rows)
        else:
            text = xgboost_selection.encode_json(rows, lines=accept == JSON_LINES)
        return Response(200, text.encode(), accept)

    def _csv(self, predictions: Any, rows: Sequence[Mapping[str, Any]]) -> str:
        """One line a row for batch transform, else all on one line, as the container does."""
        end = "\n" if self._batch else ""
        if self._keys:
            return xgboost_selection.encode_csv(rows, self._keys) + end
        return ("\n" if self._batch else ",").join(map(str, predictions.tolist())) + end


def _text(status: int, text: str) -> Response:
    return Response(status, text.encode(), "text/html; charset=utf-8")


def main() -> int:
    """Serve until SIGTERM; 1 where the model cannot be loaded."""
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="[%(asctime)s:%(levelname)s] %(message)s",
        datefmt="%Y-%m-%d:%H:%M:%S",
    )
    folder = Path(os.environ.get("SAGEMAKER_LOCAL_ML_ROOT", "/opt/ml")) / "model"
    threads = os.cpu_count() or 1

    def front(models: Path) -> Answer:
        model = load(models)
        logger.info("Model loaded: objective %s", model.objective)
        return Front(model, os.environ, threads).answer

    answer: Answer
    if os.environ.get("SAGEMAKER_MULTI_MODEL", "").lower() == "true":
        answer = ManyModels(front, ModelError).answer
    else:
        try:
            answer = front(folder)
        except ModelError as error:
            logger.error("Unable to load model: %s", error)
            return 1
    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    serving_http.serve(answer, port=port, threads=threads)
    return 0


if __name__ == "__main__":
    sys.exit(main())
