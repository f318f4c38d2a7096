"""Which devices train together, and in which precision."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

import keras
import tensorflow as tf

from shared.environment import TrainingEnvironment

_TENSOR_CORES = (7, 0)
_BFLOAT16 = (8, 0)
_FIRST_PORT = 20_000
_PORTS = 12_000


def strategy(environment: TrainingEnvironment) -> Any:
    """All GPUs of all hosts of the job together; the CPUs where there is none.

    On GPUs with tensor cores arithmetic is in 16 bits, while weights stay in 32.
    """
    together = None
    if len(environment.hosts) > 1:
        # Before anything else touches TensorFlow: it starts the server that the others reach.
        os.environ["TF_CONFIG"] = json.dumps(cluster(environment))
        together = tf.distribute.MultiWorkerMirroredStrategy()
    gpus = tf.config.list_physical_devices("GPU")
    if together is None:
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
    policy = _policy(gpus)
    keras.mixed_precision.set_global_policy(policy)
    print(
        f"{len(gpus)} GPU(s) on each of {len(environment.hosts)} host(s), precision {policy}",
        flush=True,
    )
    if together is not None:
        return together
    return tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()


def cluster(environment: TrainingEnvironment) -> dict[str, Any]:
    """TF_CONFIG: https://www.tensorflow.org/guide/distributed_training#TF_CONFIG.

    Each host has a port of its own, and each job others: where hosts are processes of one
    machine, they share its ports.
    """
    digest = hashlib.sha256(environment.job.encode()).digest()
    first = _FIRST_PORT + int.from_bytes(digest[:4]) % _PORTS
    hosts = environment.hosts
    workers = [f"{host}:{first + number}" for number, host in enumerate(hosts)]
    task = {"type": "worker", "index": environment.rank}
    return {"cluster": {"worker": workers}, "task": task}


def use_float32() -> None:
    """Build what follows in 32 bits, for whatever machine the model is served on."""
    keras.mixed_precision.set_global_policy("float32")


def _policy(gpus: list[Any]) -> str:
    capabilities = [
        tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0))
        for gpu in gpus
    ]
    if not gpus or min(capabilities) < _TENSOR_CORES:
        return "float32"
    # bfloat16 needs no scaling of the loss; older tensor cores do not know it.
    return "mixed_bfloat16" if min(capabilities) >= _BFLOAT16 else "mixed_float16"
