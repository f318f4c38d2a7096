"""Stands for SageMaker's TensorFlow Serving container; it is not TensorFlow Serving.

What it simulates: TensorFlow Serving's REST API (predict, model status, metadata) over the real
SavedModel, loaded and run by TensorFlow in this process, and before it the container's own front:
/ping, /invocations, and a model's ``code/inference.py`` with its handlers.
What it lacks: gRPC (``context.grpc_port`` and ``context.channel`` are None), classify and regress,
batching of requests, and several models in one container.

Contracts: https://github.com/aws/sagemaker-tensorflow-serving-container (README) and
https://www.tensorflow.org/tfx/serving/api_rest.

Started as the image's ``serve``; it reads SAGEMAKER_BIND_TO_PORT (listens on 127.0.0.1),
SAGEMAKER_LOCAL_ML_ROOT (what stands for /opt/ml), SAGEMAKER_TFS_DEFAULT_MODEL_NAME and
SAGEMAKER_TFS_LOCAL_THREADS (requests at a time; 4).
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from local_cloud.containers import (
    serving_http,
    tensorflow_serving_front,
    tensorflow_serving_handlers,
    tensorflow_serving_models,
    tensorflow_serving_rest,
)

logger = logging.getLogger("tensorflow_serving")
THREADS = "4"


def main() -> int:
    """Serve until SIGTERM; 1 where the model or its handlers cannot be loaded."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(levelname)s:%(name)s:%(message)s"
    )
    # The model's code must not see this project's packages: in the container they are not there.
    source = str(Path(__file__).resolve().parents[2])
    sys.path[:] = [entry for entry in sys.path if entry not in ("", source)]
    folder = Path(os.environ.get("SAGEMAKER_LOCAL_ML_ROOT", "/opt/ml")) / "model"
    threads = int(os.environ.get("SAGEMAKER_TFS_LOCAL_THREADS", THREADS))
    try:
        models = tensorflow_serving_models.load(folder)
        default = os.environ.get("SAGEMAKER_TFS_DEFAULT_MODEL_NAME") or next(iter(models))
        handler = tensorflow_serving_handlers.load(folder / "code")
    except (
        tensorflow_serving_models.NoModelError,
        tensorflow_serving_handlers.HandlersError,
    ) as error:
        logger.error("%s", error)
        return 1
    rest = tensorflow_serving_rest.RestApi(models)
    front_port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    with serving_http.in_background(rest.answer, threads=threads) as rest_port:
        front = tensorflow_serving_front.Front(rest_port, default, handler)
        logger.info("models %s; %s", ", ".join(models), front.description)
        serving_http.serve(front.answer, port=front_port, threads=threads)
    return 0


if __name__ == "__main__":
    sys.exit(main())
