"""Asks a trained model of this workload, for the evaluation: see `shared.evaluation`."""

from shared.tensorflow.predictor import load

__all__ = ["load"]
