"""The search strategies, behind one ask-and-tell interface.

Bayesian is Optuna's multivariate tree-structured Parzen estimator (AWS's own is a Gaussian
process; both model the objective from the finished trials). Trials that still run are
counted as bad, so that parallel trials spread out. Hyperband draws at random, as AWS's does, and
leaves it to Optuna's pruner which trials are behind.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, HyperbandPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import TrialState, create_trial

from local_cloud.sagemaker.tuner.ranges import CategoricalRange, Range

Values = dict[str, str]
Direction = Literal["Maximize", "Minimize"]
_STUDY_DIRECTION: dict[Direction, Literal["maximize", "minimize"]] = {
    "Maximize": "maximize",
    "Minimize": "minimize",
}
_FRESH_ATTEMPTS = 20
"""How often a proposal that was tried before is drawn again."""
_SMALL_SPACE = 10_000
"""Up to so many combinations are gone through where drawing finds no new one."""


class SpaceExhaustedError(Exception):
    """Every combination of a grid has been proposed."""


class Optimiser(Protocol):
    """Proposes hyperparameters and learns from results. Not thread-safe."""

    def ask(self, number: int) -> Values:
        """The hyperparameters of trial ``number``; raises SpaceExhaustedError (grid only)."""

    def tell(self, number: int, objective: float | None) -> None:
        """The trial's objective; None if it gave none."""

    def remember(self, number: int, values: Values) -> None:
        """A trial that was asked for before a restart; :meth:`tell` follows as usual."""

    def learn(self, values: Values, objective: float, *, repeat: bool) -> None:
        """A trial of another search; ``repeat`` if its hyperparameters may be proposed again."""

    def is_behind(self, number: int, emitted: Sequence[float]) -> bool:
        """Whether a trial that has emitted these objectives so far is to be given up. To be
        asked before the trial is told; every trial counts that was asked about."""


def grid_size(ranges: Sequence[Range]) -> int:
    """The number of combinations of categorical ranges."""
    return math.prod(len(one.values) for one in ranges if isinstance(one, CategoricalRange))


def combinations(ranges: Sequence[Range]) -> float:
    """The number of combinations of all ranges; infinite with a continuous one."""
    return math.prod((one.size for one in ranges), start=1.0)


def create(
    strategy: str,
    ranges: Sequence[Range],
    *,
    direction: Direction,
    seed: int | None,
    max_jobs: int,
    trials_before: int = 0,
    resource: tuple[int, int] = (1, 1),
    name: str = "",
) -> Optimiser:
    """``strategy`` is Bayesian, Random, Hyperband or Grid.

    ``trials_before`` moves the random sequence on after a restart, so that it is not drawn a
    second time. Hyperband needs ``resource``, the least and the most objectives that a trial
    emits, and a ``name``, by which it deals trials over its brackets.
    """
    if strategy == "Grid":
        return GridOptimiser(ranges)
    seed = None if seed is None else (seed + trials_before) % 2**32
    sampler: BaseSampler
    if strategy == "Random":
        sampler = RandomSampler(seed=seed)
    elif strategy == "Hyperband":
        least, most = resource
        pruner = HyperbandPruner(min_resource=least, max_resource=most)
        return SamplerOptimiser(ranges, RandomSampler(seed=seed), direction, pruner, name)
    elif strategy == "Bayesian":
        sampler = TPESampler(
            seed=seed,
            multivariate=True,
            constant_liar=True,
            n_startup_trials=startup_trials(max_jobs),
        )
    else:
        raise ValueError(f"no such strategy: {strategy}")
    return SamplerOptimiser(ranges, sampler, direction)


def startup_trials(max_jobs: int) -> int:
    """Trials drawn at random before the model is used: a quarter of a small budget, at most 10."""
    return min(10, max(2, max_jobs // 4))


@dataclass
class _Asked:
    trial: optuna.Trial
    emitted: int = 0
    behind: bool = False


class SamplerOptimiser:
    """An Optuna sampler, and for Hyperband a pruner, over one study in memory."""

    def __init__(
        self,
        ranges: Sequence[Range],
        sampler: BaseSampler,
        direction: Direction,
        pruner: BasePruner | None = None,
        name: str | None = None,
    ) -> None:
        self._ranges = list(ranges)
        self._space: dict[str, BaseDistribution] = {r.name: r.distribution() for r in ranges}
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._study = optuna.create_study(
            sampler=sampler,
            pruner=pruner or optuna.pruners.NopPruner(),
            direction=_STUDY_DIRECTION[direction],
            study_name=name,
        )
        self._asked: dict[int, _Asked] = {}
        self._tried: set[tuple[str, ...]] = set()

    def ask(self, number: int) -> Values:
        for _ in range(_FRESH_ATTEMPTS):
            trial, values = self._sample()
            if self._key(values) not in self._tried:
                break
            self._study.tell(trial, state=TrialState.FAIL)
        else:
            left = self._untried()
            if left is not None:
                self.remember(number, left)
                return left
            trial, values = self._sample()
        self._note(number, trial, values)
        return values

    def _sample(self) -> tuple[optuna.Trial, Values]:
        trial = self._study.ask(self._space)
        return trial, {r.name: r.to_api(trial.params[r.name]) for r in self._ranges}

    def _untried(self) -> Values | None:
        """A combination of a small space that was not tried yet; None where there is none."""
        if combinations(self._ranges) > _SMALL_SPACE:
            return None
        for combination in itertools.product(*(one.every() for one in self._ranges)):
            if combination not in self._tried:
                return dict(zip((one.name for one in self._ranges), combination, strict=True))
        return None

    def remember(self, number: int, values: Values) -> None:
        fixed: dict[str, Any] = {r.name: r.from_api(values[r.name]) for r in self._ranges}
        self._study.enqueue_trial(fixed)
        self._note(number, self._study.ask(self._space), values)

    def learn(self, values: Values, objective: float, *, repeat: bool) -> None:
        try:
            params: dict[str, Any] = {r.name: r.from_api(values[r.name]) for r in self._ranges}
        except ValueError:
            # It lies outside of what is searched now, and says nothing about a place in it.
            return
        self._study.add_trial(
            create_trial(params=params, distributions=self._space, value=objective)
        )
        if not repeat:
            self._tried.add(self._key(values))

    def is_behind(self, number: int, emitted: Sequence[float]) -> bool:
        asked = self._asked[number]
        for value in emitted[asked.emitted :]:
            if asked.behind:
                break
            asked.emitted += 1
            asked.trial.report(value, asked.emitted)
            asked.behind = asked.trial.should_prune()
        return asked.behind

    def tell(self, number: int, objective: float | None) -> None:
        trial = self._asked[number].trial
        if objective is None or not math.isfinite(objective):
            self._study.tell(trial, state=TrialState.FAIL)
        else:
            self._study.tell(trial, objective)

    def _note(self, number: int, trial: optuna.Trial, values: Values) -> None:
        self._asked[number] = _Asked(trial)
        self._tried.add(self._key(values))

    def _key(self, values: Values) -> tuple[str, ...]:
        return tuple(values[r.name] for r in self._ranges)


class GridOptimiser:
    """Every combination of categorical values, in the order of the request."""

    def __init__(self, ranges: Sequence[Range]) -> None:
        categorical = [one for one in ranges if isinstance(one, CategoricalRange)]
        self._names = [one.name for one in categorical]
        self._tried: set[tuple[str, ...]] = set()
        self._combinations = itertools.product(*(one.values for one in categorical))

    def ask(self, number: int) -> Values:
        for combination in self._combinations:
            if combination not in self._tried:
                self._tried.add(combination)
                return dict(zip(self._names, combination, strict=True))
        raise SpaceExhaustedError

    def remember(self, number: int, values: Values) -> None:
        self._tried.add(tuple(values[name] for name in self._names))

    def tell(self, number: int, objective: float | None) -> None:
        """A grid learns nothing."""

    def learn(self, values: Values, objective: float, *, repeat: bool) -> None:
        """A grid learns nothing."""

    def is_behind(self, number: int, emitted: Sequence[float]) -> bool:
        """A grid gives nothing up."""
        return False
