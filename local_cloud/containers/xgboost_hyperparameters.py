"""The hyperparameters of the built-in XGBoost: which there are, and what they may be.

Source: "XGBoost hyperparameters" in the SageMaker developer guide, and
``algorithm_mode/hyperparameter_validation.py`` of
https://github.com/aws/sagemaker-xgboost-container, whose words the errors have. The container
stops at the first fault; here all are found at once.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any

from local_cloud.containers import xgboost_metric_names

ALIASES = {
    "learning_rate": "eta",
    "min_split_loss": "gamma",
    "reg_lambda": "lambda",
    "reg_alpha": "alpha",
}
OBJECTIVE_KEY = "_tuning_objective_metric"
DEFAULT_OBJECTIVE = "reg:squarederror"
_THRESHOLD_METRICS = ("error", "ndcg", "map")
_TREE_UPDATERS = (
    "grow_colmaker",
    "distcol",
    "grow_histmaker",
    "grow_local_histmaker",
    "grow_skmaker",
    "grow_quantile_histmaker",
    "sync",
    "refresh",
    "prune",
)
_LINEAR_UPDATERS = ("shotgun", "coord_descent")


@dataclass(frozen=True)
class Interval:
    """``None`` is no bound; ``"(]"`` and the like say which bounds are outside."""

    low: float | None = None
    high: float | None = None
    brackets: str = "[]"

    def __contains__(self, value: object) -> bool:
        # Said so that a NaN lies in no interval.
        if not isinstance(value, int | float) or value != value:
            return False
        above = self.low is None or (
            value > self.low or (value == self.low and self.brackets[0] == "[")
        )
        below = self.high is None or (
            value < self.high or (value == self.high and self.brackets[1] == "]")
        )
        return above and below

    def __str__(self) -> str:
        low = "(-inf" if self.low is None else f"{self.brackets[0]}{self.low:g}"
        high = "+inf)" if self.high is None else f"{self.high:g}{self.brackets[1]}"
        return f"{low}, {high}"


@dataclass(frozen=True)
class Kind:
    """How a value is read, and what of it must be in the allowed range."""

    parse: Callable[[str], Any]
    parts: Callable[[Any], list[Any]] = lambda value: [value]


INTEGER = Kind(int)
CONTINUOUS = Kind(float)
CATEGORY = Kind(str)
COMMA_LIST = Kind(lambda text: text.split(","), list)
TUPLE = Kind(lambda text: tuple(ast.literal_eval(text)), list)
NESTED_LIST = Kind(ast.literal_eval, lambda value: [part for inner in value for part in inner])

ZERO_TO_ONE = Interval(0, 1)
SHARE = Interval(0, 1, "(]")
FROM_ZERO = Interval(0)
FROM_ONE = Interval(1)
SWITCH = Interval(0, 1)
TRUE_FALSE = ("true", "false")

TABLE: dict[str, tuple[Kind, Container[Any]]] = {
    "num_round": (INTEGER, FROM_ONE),
    "csv_weights": (INTEGER, SWITCH),
    "early_stopping_rounds": (INTEGER, FROM_ONE),
    "booster": (CATEGORY, ("gbtree", "gblinear", "dart")),
    "verbosity": (INTEGER, Interval(0, 3)),
    "nthread": (INTEGER, FROM_ONE),
    "eta": (CONTINUOUS, ZERO_TO_ONE),
    "gamma": (CONTINUOUS, FROM_ZERO),
    "max_depth": (INTEGER, FROM_ZERO),
    "min_child_weight": (CONTINUOUS, FROM_ZERO),
    "max_delta_step": (CONTINUOUS, FROM_ZERO),
    "subsample": (CONTINUOUS, SHARE),
    "colsample_bytree": (CONTINUOUS, SHARE),
    "colsample_bylevel": (CONTINUOUS, SHARE),
    "colsample_bynode": (CONTINUOUS, SHARE),
    "lambda": (CONTINUOUS, FROM_ZERO),
    "alpha": (CONTINUOUS, FROM_ZERO),
    "tree_method": (CATEGORY, ("auto", "exact", "approx", "hist", "gpu_hist")),
    "sketch_eps": (CONTINUOUS, Interval(0, 1, "()")),
    "scale_pos_weight": (CONTINUOUS, Interval(0, None, "(]")),
    "updater": (COMMA_LIST, (*_TREE_UPDATERS, *_LINEAR_UPDATERS)),
    "dsplit": (CATEGORY, ("row", "col")),
    "refresh_leaf": (INTEGER, SWITCH),
    "process_type": (CATEGORY, ("default", "update")),
    "grow_policy": (CATEGORY, ("depthwise", "lossguide")),
    "max_leaves": (INTEGER, FROM_ZERO),
    "max_bin": (INTEGER, FROM_ZERO),
    "predictor": (CATEGORY, ("auto", "cpu_predictor", "gpu_predictor")),
    "monotone_constraints": (TUPLE, (-1, 0, 1)),
    "interaction_constraints": (NESTED_LIST, FROM_ONE),
    "sample_type": (CATEGORY, ("uniform", "weighted")),
    "normalize_type": (CATEGORY, ("tree", "forest")),
    "rate_drop": (CONTINUOUS, ZERO_TO_ONE),
    "one_drop": (INTEGER, SWITCH),
    "skip_drop": (CONTINUOUS, ZERO_TO_ONE),
    "lambda_bias": (CONTINUOUS, ZERO_TO_ONE),
    "tweedie_variance_power": (CONTINUOUS, Interval(1, 2, "()")),
    "objective": (
        CATEGORY,
        (
            "aft_loss_distribution",
            "binary:logistic",
            "binary:logitraw",
            "binary:hinge",
            "count:poisson",
            "multi:softmax",
            "multi:softprob",
            "rank:pairwise",
            "rank:ndcg",
            "rank:map",
            "reg:linear",
            "reg:squarederror",
            "reg:logistic",
            "reg:gamma",
            "reg:pseudohubererror",
            "reg:squaredlogerror",
            "reg:tweedie",
            "survival:aft",
            "survival:cox",
        ),
    ),
    "num_class": (INTEGER, Interval(2)),
    "base_score": (CONTINUOUS, FROM_ZERO),
    "_kfold": (INTEGER, Interval(2)),
    "_num_cv_round": (INTEGER, FROM_ONE),
    OBJECTIVE_KEY: (CATEGORY, tuple(f"validation:{name}" for name in xgboost_metric_names.ALL)),
    "eval_metric": (COMMA_LIST, xgboost_metric_names.ALL),
    "seed": (INTEGER, Interval(-(2**31), 2**31 - 1, "()")),
    "num_parallel_tree": (INTEGER, FROM_ONE),
    "save_model_on_termination": (CATEGORY, TRUE_FALSE),
    "aft_loss_distribution": (CATEGORY, ("normal", "logistic", "extreme")),
    "aft_loss_distribution_scale": (CONTINUOUS, FROM_ZERO),
    "single_precision_histogram": (CATEGORY, TRUE_FALSE),
    "deterministic_histogram": (CATEGORY, TRUE_FALSE),
    "sampling_method": (CATEGORY, ("uniform", "gradient_based")),
    "prob_buffer_row": (INTEGER, Interval(1, None, "(]")),
    "use_dask_gpu_training": (CATEGORY, TRUE_FALSE),
}


def parse(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The values as XGBoost takes them, and every fault; the values are whole if there is none.

    ``given`` is the content of hyperparameters.json, whose values are strings.
    """
    values: dict[str, Any] = {}
    faults: list[str] = []
    for key, raw in given.items():
        name = ALIASES.get(key, key)
        if name not in TABLE:
            faults.append(f"Extraneous hyperparameter found: {key}")
            continue
        kind, allowed = TABLE[name]
        text = _plain(raw)
        try:
            value = kind.parse(text)
            parts = kind.parts(value)
        except (ValueError, SyntaxError, TypeError) as error:
            cause = type(error).__name__
            faults.append(
                f"Hyperparameter {key}: could not parse value (caused by {cause}): {text!r}"
            )
            continue
        found = _outside(key, value, parts, allowed)
        if found:
            faults += found
        else:
            values[name] = value
    if "num_round" not in given:
        faults.append("Missing required hyperparameter: num_round")
    return values, [*faults, *_lacking(values), *_together(values, given)]


def _plain(raw: Any) -> str:
    """The SDK's estimators of frameworks write each value as JSON."""
    text = str(raw)
    if text.startswith('"'):
        try:
            return str(json.loads(text))
        except ValueError:
            return text
    return text


def _outside(key: str, value: Any, parts: list[Any], allowed: Container[Any]) -> list[str]:
    shown = str(allowed) if isinstance(allowed, Interval) else list(allowed)  # type: ignore[call-overload]
    if key == "eval_metric":
        return [fault for metric in parts if (fault := _metric_fault(metric, value, shown))]
    if all(part in allowed for part in parts):
        return []
    if parts == [value]:
        return [f"Hyperparameter {key}: {value} is not in {shown}"]
    return [f"Hyperparameter {key}: value {value} not in range {shown}"]


def _metric_fault(metric: str, value: Any, shown: Any) -> str:
    name, at, threshold = (part.strip() for part in metric.partition("@"))
    if not at:
        known = metric in xgboost_metric_names.ALL
        return "" if known else f"Hyperparameter eval_metric: value {value} not in range {shown}"
    if name not in _THRESHOLD_METRICS:
        return (
            f"Metric '{metric}' is not supported. Parameter 'eval_metric' with customized "
            "threshold should be one of these options: 'error', 'ndcg', 'map'."
        )
    try:
        float(threshold)
    except ValueError:
        return f"Threshold value 't' in '{name}@t' expects float input."
    return ""


def _lacking(values: Mapping[str, Any]) -> list[str]:
    """What the container has and its stand-in has not."""
    faults = [
        f"Hyperparameter {name}: the local cloud's stand-in for XGBoost has no cross-validation"
        for name in ("_kfold", "_num_cv_round")
        if name in values
    ]
    if values.get("use_dask_gpu_training") == "true":
        faults.append("Hyperparameter use_dask_gpu_training: the local cloud trains on CPUs only")
    return faults


def _together(values: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """Faults of values that do not go together; a faulty value is not blamed twice."""
    objective = values.get("objective", DEFAULT_OBJECTIVE)
    metrics = values.get("eval_metric", [])
    judged = "objective" in values or "objective" not in given
    faults = []
    if objective in ("multi:softmax", "multi:softprob") and "num_class" not in given:
        faults.append("Require input for parameter 'num_class' for multi-classification")
    if judged and "auc" in metrics and not objective.startswith(("binary:", "rank:")):
        faults.append("Metric 'auc' can only be applied for classification and ranking problems.")
    if judged and "aft-nloglik" in metrics and objective != "survival:aft":
        faults.append("Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.")
    method = values.get("tree_method")
    if "monotone_constraints" in values and method not in ("exact", "hist"):
        faults.append(
            "monotone_constraints can be used only when the tree_method parameter is set to "
            "either 'exact' or 'hist'."
        )
    if "interaction_constraints" in values and method not in ("exact", "hist", "approx"):
        faults.append(
            "interaction_constraints can be used only when the tree_method parameter is set to "
            "either 'exact', 'hist' or 'approx'."
        )
    if "updater" in values:
        faults += _updater_faults(values["updater"], values)
    return faults


def _updater_faults(updaters: list[str], values: Mapping[str, Any]) -> list[str]:
    if values.get("booster") == "gblinear":
        if len(updaters) == 1 and updaters[0] in _LINEAR_UPDATERS:
            return []
        return ["Linear updater should be one of these options: 'shotgun', 'coord_descent'."]
    if values.get("process_type") == "update":
        if set(updaters) <= {"refresh", "prune"}:
            return []
        return ["process_type 'update' can only be used with updater 'refresh' and 'prune'"]
    if not set(updaters) <= set(_TREE_UPDATERS):
        options = ", ".join(f"'{name}'" for name in _TREE_UPDATERS)
        return [f"Tree updater should be selected from these options: {options}."]
    growing = [name for name in updaters if name.startswith("grow_") or name == "distcol"]
    if len(growing) > 1:
        return ["Only one tree grow plugin can be selected."]
    return []
