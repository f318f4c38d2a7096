"""Asks a trained model of this workload, for the evaluation: see `shared.evaluation`."""

from shared.tensorflow.table_model import load

__all__ = ["load"]
