"""Handlers of the endpoint's container; travels in the model's archive as code/inference.py."""

from shared.serving.tensorflow_handlers import input_handler, output_handler

__all__ = ["input_handler", "output_handler"]
