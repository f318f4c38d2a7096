"""How well the scores of two classes keep them apart, whatever the threshold."""

from __future__ import annotations

from typing import Any

import numpy as np

from contracts.evaluation_report import Metric, RocPoint

Array = np.ndarray[Any, Any]

_MOST_POINTS = 200


def auc(scores: Array, positive: Array) -> Metric:
    """Area under the ROC: how often a positive row scores higher than a negative one.

    Ties count half: the Mann-Whitney statistic by average ranks. Its standard deviation is
    Hanley and McNeil's, "The meaning and use of the area under a ROC curve" (1982).

    Args:
        scores: float [n].
        positive: bool [n]; both kinds occur.
    """
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = ends - (counts - 1) / 2
    yes, no = int(positive.sum()), int((~positive).sum())
    area = float((ranks[places][positive].sum() - yes * (yes + 1) / 2) / (yes * no))
    pairs = (
        area * (1 - area)
        + (yes - 1) * (area / (2 - area) - area**2)
        + (no - 1) * (2 * area**2 / (1 + area) - area**2)
    )
    return Metric(value=area, standard_deviation=(max(0.0, pairs) / (yes * no)) ** 0.5)


def roc(scores: Array, positive: Array) -> tuple[RocPoint, ...]:
    """The curve from (0, 0) to (1, 1), a point a threshold, thinned to 200 points.

    Args:
        scores: float [n].
        positive: bool [n]; both kinds occur.
    """
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    # Rows of the same score cross the threshold together.
    last = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1)
    caught = np.cumsum(positive[order])[last]
    alarms = 1 + last - caught
    true = np.append(0.0, caught / caught[-1])
    false = np.append(0.0, alarms / alarms[-1])
    kept = np.unique(np.linspace(0, len(true) - 1, min(len(true), _MOST_POINTS)).round())
    return tuple(
        RocPoint(false_positive_rate=float(false[place]), true_positive_rate=float(true[place]))
        for place in kept.astype(np.int64)
    )
