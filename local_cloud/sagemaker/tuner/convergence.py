"""ConvergenceDetected: whether further training jobs are unlikely to improve the objective.

AWS's criterion is internal ("unlikely to improve more than 1% over the objective metric from the
best training job"). The local cloud's own: there are twenty objectives, and the last fifteen
brought no improvement of one percent or more, counted by Optuna's evaluator of stagnation.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from optuna.exceptions import ExperimentalWarning
from optuna.study import StudyDirection
from optuna.terminator import BestValueStagnationEvaluator
from optuna.trial import create_trial

from local_cloud.sagemaker.tuner.strategy import Direction

FEWEST_OBJECTIVES = 20
STAGNANT_OBJECTIVES = 15
SIGNIFICANT = 0.01
"""An improvement by this share of the best objective so far counts; AWS's figure."""

with warnings.catch_warnings():
    # Its interface may change with a new Optuna, which constraints.txt pins.
    warnings.simplefilter("ignore", ExperimentalWarning)
    _EVALUATOR = BestValueStagnationEvaluator(STAGNANT_OBJECTIVES)


def significant_bests(objectives: Sequence[float], direction: Direction) -> list[float]:
    """For each objective the best up to it, where only improvements of one percent count."""
    sign = 1.0 if direction == "Maximize" else -1.0
    bests: list[float] = []
    for value in objectives:
        best = bests[-1] if bests else value
        gain = sign * (value - best)
        bests.append(value if gain > 0 and gain >= SIGNIFICANT * abs(best) else best)
    return bests


def detected(objectives: Sequence[float], direction: Direction) -> bool:
    """``objectives`` in the order of their training jobs."""
    if len(objectives) < FEWEST_OBJECTIVES:
        return False
    bests = significant_bests(objectives, direction)
    left = _EVALUATOR.evaluate(
        [create_trial(value=best) for best in bests],
        StudyDirection.MAXIMIZE if direction == "Maximize" else StudyDirection.MINIMIZE,
    )
    return left <= 0
