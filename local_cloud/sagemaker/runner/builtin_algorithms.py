"""Built-in algorithms: AWS knows what their logs say, so requests name no metrics of their own.

The patterns are those that AWS gives in the description of a training job of the algorithm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local_cloud.containers import xgboost_metric_names

_NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
_OF_TRAINING = ("auc", "error", "logloss", "mae", "merror", "mlogloss", "rmse")
"""With those of the validation data, which can all be tuned, these are the 40 that a list of
MetricDefinitions may have."""
OVERRIDDEN = (
    "You can't override the metric definitions for Amazon SageMaker algorithms. Please retry the "
    "request without specifying metric definitions."
)


@dataclass(frozen=True, kw_only=True)
class BuiltinAlgorithm:
    """``metric_definitions`` as the API has them; ``objectives`` are the metrics that can be
    tuned, each with the type (Maximize, Minimize) that alone makes sense for it."""

    metric_definitions: tuple[Mapping[str, str], ...]
    objectives: Mapping[str, str]

    def overridden_by(self, definitions: Sequence[Mapping[str, str]]) -> bool:
        """Whether a request's MetricDefinitions are others than the algorithm's own, which a
        description shows and a request may repeat."""
        return any(dict(one) not in self.metric_definitions for one in definitions)


def find(image_uri: str) -> BuiltinAlgorithm | None:
    """The built-in algorithm that the image holds; None for every other image."""
    repository = image_uri.split("@")[0].rsplit("/", 1)[-1].partition(":")[0]
    return _BY_REPOSITORY.get(repository)


def _xgboost() -> BuiltinAlgorithm:
    definitions = [
        {"Name": f"{data}:{metric}", "Regex": rf".*\[[0-9]+\].*#011{data}-{metric}:{_NUMBER}.*"}
        for data, names in (("train", _OF_TRAINING), ("validation", xgboost_metric_names.ALL))
        for metric in names
    ]
    types = {
        "Maximize": xgboost_metric_names.MAXIMIZED,
        "Minimize": xgboost_metric_names.MINIMIZED,
    }
    objectives = {f"validation:{name}": kind for kind, names in types.items() for name in names}
    return BuiltinAlgorithm(metric_definitions=tuple(definitions), objectives=objectives)


_BY_REPOSITORY = {"sagemaker-xgboost": _xgboost()}
