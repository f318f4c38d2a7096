"""What the built-in XGBoost can measure, as its metrics are named.

Source: "Tune an XGBoost Model" in the SageMaker developer guide, and ``xgb_constants.py`` of
https://github.com/aws/sagemaker-xgboost-container. Standard library only: the local cloud reads
this as well as the container's stand-in does.
"""

from __future__ import annotations

COMPUTED_BY_CONTAINER = frozenset(
    {
        "accuracy",
        "balanced_accuracy",
        "f1",
        "f1_binary",
        "f1_macro",
        "mse",
        "precision",
        "precision_macro",
        "precision_micro",
        "r2",
        "recall",
        "recall_macro",
        "recall_micro",
    }
)
"""Those that the container adds; XGBoost itself computes the others."""

MAXIMIZED = (
    "accuracy",
    "auc",
    "aucpr",
    "balanced_accuracy",
    "f1",
    "f1_binary",
    "f1_macro",
    "map",
    "ndcg",
    "precision",
    "precision_macro",
    "precision_micro",
    "r2",
    "recall",
    "recall_macro",
    "recall_micro",
)
MINIMIZED = (
    "aft-nloglik",
    "cox-nloglik",
    "error",
    "gamma-deviance",
    "gamma-nloglik",
    "interval-regression-accuracy",
    "logloss",
    "mae",
    "mape",
    "merror",
    "mlogloss",
    "mphe",
    "mse",
    "poisson-nloglik",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
)
ALL = MAXIMIZED + MINIMIZED
