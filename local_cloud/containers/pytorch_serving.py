"""Stands for SageMaker's PyTorch inference container; it is not TorchServe.

What it simulates: /ping and /invocations with the toolkit's contract for a model's
``code/inference.py`` (model_fn, input_fn, predict_fn, output_fn or transform_fn, with a context or
without), the toolkit's defaults where one is missing, several worker processes of which each
answers one request at a time, and the answers to what a model's code raises.
What it lacks: TorchServe's management API and metrics, batching of requests, several models in
one container, default loading of anything but TorchScript, NPZ, and NPY that holds pickles. A
model that cannot be loaded ends the server, where TorchServe tries again and stays unhealthy.

Contract: https://github.com/aws/sagemaker-pytorch-inference-toolkit and
https://github.com/aws/sagemaker-inference-toolkit.

Started as the image's ``serve``; it reads SAGEMAKER_BIND_TO_PORT (listens on 127.0.0.1),
SAGEMAKER_LOCAL_ML_ROOT (what stands for /opt/ml), SAGEMAKER_PROGRAM (inference.py),
SAGEMAKER_SUBMIT_DIRECTORY (/opt/ml/model/code), SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT
(application/json), SAGEMAKER_MODEL_SERVER_WORKERS (2, or 1 on a single core) and
SAGEMAKER_MODEL_SERVER_TIMEOUT (seconds a request; 60).
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from local_cloud.containers import serving_http, serving_requirements
from local_cloud.containers.inference_toolkit import content_types
from local_cloud.containers.pytorch_serving_workers import Job, ModelError, Pool, WorkerDiedError
from local_cloud.containers.serving_http import Request, Response

logger = logging.getLogger("pytorch_serving")
THREADS = 16
"""Requests that wait for a worker; /ping is answered meanwhile."""
LOAD_SECONDS = 600.0


class Front:
    """What SageMaker asks of a container, answered by the workers."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def answer(self, request: Request) -> Response:
        asked = (request.method, request.path)
        if asked == ("GET", "/ping"):
            healthy = self._pool.healthy
            body = json.dumps({"status": "Healthy" if healthy else "Unhealthy"}).encode()
            return Response(200 if healthy else 500, body)
        if asked == ("POST", "/invocations"):
            return self._invoke(request)
        return _fault(404, "ResourceNotFoundException", "there are GET /ping, POST /invocations")

    def _invoke(self, request: Request) -> Response:
        try:
            answer = self._pool.answer(request.headers, request.body)
        except WorkerDiedError:
            return _fault(500, "InternalServerException", "Worker died.")
        return Response(answer.status, answer.body, answer.content_type, answer.headers)


def _fault(status: int, kind: str, message: str) -> Response:
    """As TorchServe writes its own faults."""
    body = {"code": status, "type": kind, "message": message}
    return Response(status, json.dumps(body).encode())


def code_folder(environment: Mapping[str, str], model: Path) -> Path:
    """Where the model's code lies: the archive's code/, or a folder that the variable names."""
    named = environment.get("SAGEMAKER_SUBMIT_DIRECTORY", "").removeprefix("file://")
    if named and not named.startswith("s3://"):
        return Path(named)
    return model / "code"


def job_of(environment: Mapping[str, str]) -> Job:
    """What the container's variables say. Raises RequirementsError, ValueError."""
    model = Path(environment.get("SAGEMAKER_LOCAL_ML_ROOT", "/opt/ml")) / "model"
    code = code_folder(environment, model)
    search = [str(code)]
    if (code / "requirements.txt").is_file():
        packages = serving_requirements.install(code / "requirements.txt")
        search += [str(packages)] if packages else []
    return Job(
        module_name=environment.get("SAGEMAKER_PROGRAM", "inference.py").removesuffix(".py"),
        model_dir=str(model),
        default_accept=environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", content_types.JSON),
        search=search,
        load_seconds=LOAD_SECONDS,
        answer_seconds=float(environment.get("SAGEMAKER_MODEL_SERVER_TIMEOUT", "60")),
    )


def main() -> int:
    """Serve until SIGTERM; 1 where the model cannot be loaded."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(levelname)s:%(name)s:%(message)s"
    )
    usual = min(2, os.cpu_count() or 1)
    try:
        count = int(os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS", usual))
        pool = Pool(job_of(os.environ), count)
    except (ModelError, serving_requirements.RequirementsError, ValueError) as error:
        logger.error("%s", error)
        return 1
    logger.info("model loaded by %d workers", count)
    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    try:
        serving_http.serve(Front(pool).answer, port=port, threads=THREADS)
    finally:
        pool.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
