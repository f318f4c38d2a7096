"""Hyperparameter tuning: a real search, whose trials are real training jobs."""
