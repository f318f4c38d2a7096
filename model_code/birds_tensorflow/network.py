"""MobileNetV2 with a head of its own: M. Sandler et al., https://arxiv.org/abs/1801.04381."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
from keras import layers

from shared.faults import RefusedError

HEAD = ("head_pool", "head_dropout", "logits")
_INPUTS = ("images", "scaled")
_LAST_LAYER = {8: "block_6_expand_relu", 16: "block_13_expand_relu", 32: "out_relu"}
"""The last layer before the features become smaller still, by pixels to a feature."""


def build(
    *,
    image_shape: tuple[int, int, int],
    classes: int,
    alpha: float,
    output_stride: int,
    dropout: float,
    batch_norm_momentum: float,
    weights: Path | None,
) -> keras.Model:
    """A network from floats [batch, *image_shape] of 0..255 to float32 logits [batch, classes].

    Args:
        batch_norm_momentum: of the averages that are learned from random weights; pretrained
            ones keep their own.
        weights: of MobileNetV2 without its top; None for random ones.

    Raises:
        RefusedError: the file does not hold such weights.
    """
    images = keras.Input(image_shape, name=_INPUTS[0])
    scaled = layers.Rescaling(1 / 127.5, offset=-1, name=_INPUTS[1])(images)
    whole = keras.applications.MobileNetV2(
        input_tensor=scaled, alpha=alpha, include_top=False, weights=None
    )
    if weights is not None:
        _load(image_shape, alpha, weights, whole)
    features = whole.get_layer(_LAST_LAYER[output_stride]).output
    pooled = layers.GlobalAveragePooling2D(name=HEAD[0])(features)
    dropped = layers.Dropout(dropout, name=HEAD[1])(pooled)
    logits = layers.Dense(classes, dtype="float32", name=HEAD[2])(dropped)
    model = keras.Model(images, logits, name="birds")
    if weights is None:
        for layer in model.layers:
            if isinstance(layer, layers.BatchNormalization):
                layer.momentum = batch_norm_momentum
    return model


def train_all(model: keras.Model) -> None:
    """Every layer learns."""
    for layer in model.layers:
        layer.trainable = True


def train_head(model: keras.Model) -> None:
    """The head alone learns."""
    for layer in model.layers:
        layer.trainable = layer.name in HEAD


def train_top(part: float) -> Callable[[keras.Model], None]:
    """The head and the last part of the layers learn.

    Batch normalisation keeps its averages: those of a few batches of another kind of pictures
    would undo what the layers below have learned.
    """

    def freeze(model: keras.Model) -> None:
        train_head(model)
        base = [layer for layer in model.layers if layer.name not in (*HEAD, *_INPUTS)]
        for layer in base[len(base) - round(part * len(base)) :]:
            layer.trainable = not isinstance(layer, layers.BatchNormalization)

    return freeze


def _load(
    image_shape: tuple[int, int, int], alpha: float, weights: Path, whole: keras.Model
) -> None:
    # Files list their layers as the model that keras.applications makes has them, without ours.
    plain = keras.applications.MobileNetV2(
        input_shape=image_shape, alpha=alpha, include_top=False, weights=None
    )
    try:
        plain.load_weights(str(weights))
    except (ValueError, OSError, KeyError) as error:
        fault = f"{weights}: {error}; expected MobileNetV2 of alpha {alpha} without its top"
        raise RefusedError("the pretrained weights do not fit:", [fault]) from error
    whole.set_weights(plain.get_weights())
