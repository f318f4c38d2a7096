"""The two networks that `--model-type` chooses between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

BatchNorm = Callable[[Any], Any]


def build(
    model_type: str,
    *,
    image_shape: tuple[int, int, int],
    classes: int,
    batch_norm_momentum: float,
    weight_decay: float,
    dropout: float,
) -> keras.Model:
    """A network from pixels to logits.

    Takes floats [batch, *image_shape] of 0..255 and scales them itself, so that whoever calls
    the trained model cannot do it otherwise than training did. Gives float32 logits
    [batch, classes], also under mixed precision.

    Raises:
        KeyError: no network of this name.
    """
    kernel = keras.regularizers.L2(weight_decay) if weight_decay else None
    parts = _Parts(kernel, batch_norm_momentum)
    images = keras.Input(image_shape, name="images")
    scaled = layers.Rescaling(1 / 127.5, offset=-1)(images)
    features = NETWORKS[model_type](parts, scaled)
    if dropout:
        features = layers.Dropout(dropout)(features)
    logits = layers.Dense(classes, dtype="float32", name="logits")(features)
    return keras.Model(images, logits, name=model_type)


class _Parts:
    def __init__(self, regularizer: Any, momentum: float) -> None:
        self._regularizer = regularizer
        self._momentum = momentum

    def convolution(self, features: Any, width: int, *, size: int = 3, stride: int = 1) -> Any:
        return layers.Conv2D(
            width,
            size,
            strides=stride,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            kernel_regularizer=self._regularizer,
        )(features)

    def normalisation(self, features: Any) -> Any:
        return layers.BatchNormalization(momentum=self._momentum)(features)

    def activation(self, features: Any) -> Any:
        return layers.ReLU()(features)

    def unit(self, features: Any, width: int, *, stride: int = 1) -> Any:
        return self.activation(self.normalisation(self.convolution(features, width, stride=stride)))

    def residual(self, features: Any, width: int, *, stride: int) -> Any:
        shortcut = features
        if stride > 1 or features.shape[-1] != width:
            shortcut = self.normalisation(self.convolution(features, width, size=1, stride=stride))
        inner = self.unit(features, width, stride=stride)
        inner = self.normalisation(self.convolution(inner, width))
        return self.activation(layers.Add()([shortcut, inner]))


def _resnet(parts: _Parts, images: Any) -> Any:
    """K. He et al., "Deep Residual Learning", section 4.2, with one block a stage."""
    features = parts.unit(images, 24, stride=2)
    for width, stride in ((24, 1), (48, 2), (96, 2)):
        features = parts.residual(features, width, stride=stride)
    return layers.GlobalAveragePooling2D()(features)


def _custom(parts: _Parts, images: Any) -> Any:
    """Plain convolutions, each stage half the edge and twice the width of the one before."""
    features, width = images, 16
    while min(features.shape[1:3]) > 4:
        features = layers.MaxPooling2D()(parts.unit(features, width))
        width = min(2 * width, 128)
    features = layers.Flatten()(features)
    return parts.activation(parts.normalisation(layers.Dense(128, use_bias=False)(features)))


NETWORKS: dict[str, Callable[[_Parts, Any], Any]] = {"resnet": _resnet, "custom": _custom}
