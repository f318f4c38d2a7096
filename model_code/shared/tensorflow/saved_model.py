"""Writes the trained network in the form that TensorFlow Serving serves.

    1/                   SavedModel with the signatures serving_default and serving_bytes
    code/                inference.py, shared/serving, classes.json, model.json

Both signatures answer one tensor, ``probabilities`` [n, classes].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from shared import serving_code

VERSION = "1"


def write(
    folder: Path,
    model: keras.Model,
    *,
    inference: Path,
    classes: Sequence[str],
    image_shape: tuple[int, int, int],
    facts: Mapping[str, Any],
) -> None:
    """Write model and serving code into `folder`.

    Args:
        inference: the workload's inference.py; it may import `shared.serving` and nothing else
            of ours.
        model: from floats 0..255 [n, *image_shape] to logits [n, classes], in float32.
        facts: about the training, for model.json.
    """
    rows, columns, _ = image_shape

    def of_images(images: Any) -> dict[str, Any]:
        return {"probabilities": tf.nn.softmax(model(images, training=False))}

    def of_bytes(image_bytes: Any) -> dict[str, Any]:
        images = tf.map_fn(
            lambda encoded: _as_input(encoded, rows, columns),
            image_bytes,
            fn_output_signature=tf.TensorSpec(image_shape, tf.float32),
        )
        return of_images(images)

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        "serving_default",
        of_images,
        input_signature=[tf.TensorSpec([None, *image_shape], tf.float32, name="images")],
    )
    archive.add_endpoint(
        "serving_bytes",
        of_bytes,
        input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")],
    )
    archive.write_out(str(folder / VERSION), verbose=False)
    described = {"image_shape": list(image_shape), **facts}
    serving_code.write(folder, inference=inference, classes=classes, facts=described)


def _as_input(encoded: Any, rows: int, columns: int) -> Any:
    """As pictures.py brings uploads to size: bilinear, antialiased, the aspect not kept."""
    image = tf.io.decode_image(encoded, channels=3, expand_animations=False)
    image.set_shape([None, None, 3])
    resized = tf.image.resize(image, [rows, columns], antialias=True)
    return tf.clip_by_value(tf.round(resized), 0.0, 255.0)
