"""Which devices train, and in which precision."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

_TENSOR_CORES = (7, 0)


def strategy() -> Any:
    """All GPUs of this machine together; the CPU where there is none.

    On GPUs with tensor cores arithmetic is in 16 bits, while weights stay in 32.
    """
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    capabilities = [
        tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0))
        for gpu in gpus
    ]
    if gpus and min(capabilities) >= _TENSOR_CORES:
        keras.mixed_precision.set_global_policy("mixed_float16")
    policy = keras.mixed_precision.global_policy().name
    print(f"{len(gpus)} GPU(s), precision {policy}", flush=True)
    return tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()


def use_float32() -> None:
    """Build what follows in 32 bits, for whatever machine the model is served on."""
    keras.mixed_precision.set_global_policy("float32")
