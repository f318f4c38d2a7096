"""Batch transform: a model's container started for one job, asked record by record, and ended."""
