"""What one epoch computes: steps over the training data, then sums over the validation data.

A loop of our own rather than Keras's `fit`, which fails with several hosts (Keras 3 cannot
build a model from batches that are spread over them). Replicas are all GPUs of all hosts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf


class Sums(NamedTuple):
    """Of the pictures of an epoch: their losses, how many were right, how many there were."""

    loss: float
    right: float
    pictures: float


class Steps:
    """Trains and measures a model under a strategy.

    Args:
        model: made in the strategy's scope; from floats [n, rows, columns, 3] to logits.
        optimizer: made there too, its variables built.
        class_weights: what a picture counts, by label; None for 1 each.
    """

    def __init__(
        self,
        strategy: Any,
        model: keras.Model,
        optimizer: Any,
        class_weights: Sequence[float] | None = None,
    ) -> None:
        self._strategy = strategy
        self._model = model
        self._optimizer = optimizer
        self._replicas = strategy.num_replicas_in_sync
        weights = None if class_weights is None else tf.constant(class_weights, tf.float32)
        self._class_weights = weights
        # A graph for each, traced once for all epochs.
        self._train = tf.function(self._train_epoch)
        self._measure = tf.function(self._measure_all)

    def train(self, batches: Any, steps: int) -> Sums:
        """One pass over distributed batches (images, labels), learning from each."""
        return _sums(self._train(iter(batches), tf.constant(steps)))

    def measure(self, batches: Any, steps: int) -> Sums:
        """One pass over distributed batches (images, labels, counts), learning nothing.

        `counts` is 0 for what only fills the last batches up, and 1 for the rest.
        """
        return _sums(self._measure(iter(batches), tf.constant(steps)))

    def _train_epoch(self, batches: Any, steps: Any) -> Any:
        total = tf.zeros(3)
        for _ in tf.range(steps):
            total += self._together(self._train_step, next(batches))
        return total

    def _measure_all(self, batches: Any, steps: Any) -> Any:
        total = tf.zeros(3)
        for _ in tf.range(steps):
            total += self._together(self._measure_step, next(batches))
        return total

    def _together(self, step: Any, batch: Any) -> Any:
        each = self._strategy.run(step, args=batch)
        return self._strategy.reduce(tf.distribute.ReduceOp.SUM, each, axis=None)

    def _train_step(self, images: Any, labels: Any) -> Any:
        model, optimizer = self._model, self._optimizer
        counted = self._weights_of(labels)
        with tf.GradientTape() as tape:
            logits = model(images, training=True)
            losses = _losses(labels, logits)
            # Replicas have as many pictures each, and their gradients are added up.
            loss = tf.reduce_mean(losses * counted) / self._replicas
            if model.losses:
                loss += tf.add_n(model.losses) / self._replicas
            scaled = optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, [each.value for each in model.trainable_variables])
        optimizer.apply(gradients, model.trainable_variables)
        ones = tf.ones_like(losses)
        penalty = loss * self._replicas - tf.reduce_mean(losses * counted)
        return _figures(labels, logits, losses * counted + penalty, ones)

    def _measure_step(self, images: Any, labels: Any, counts: Any) -> Any:
        logits = self._model(images, training=False)
        return _figures(labels, logits, _losses(labels, logits), counts)

    def _weights_of(self, labels: Any) -> Any:
        if self._class_weights is None:
            return tf.ones_like(labels, tf.float32)
        return tf.gather(self._class_weights, labels, axis=0)


def _losses(labels: Any, logits: Any) -> Any:
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)


def _figures(labels: Any, logits: Any, losses: Any, counts: Any) -> Any:
    right = tf.cast(tf.argmax(logits, axis=1, output_type=labels.dtype) == labels, tf.float32)
    sums = (losses * counts, right * counts, counts)
    return tf.stack([tf.reduce_sum(each) for each in sums])


def _sums(total: Any) -> Sums:
    return Sums(*(float(value) for value in total.numpy()))
