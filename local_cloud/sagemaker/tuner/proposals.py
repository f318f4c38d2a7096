"""Which hyperparameters are tried next: an optimiser a training definition, asked in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local_cloud.sagemaker.tuner import hyperband, strategy, warm_start
from local_cloud.sagemaker.tuner.definitions import Definition
from local_cloud.sagemaker.tuner.strategy import Optimiser, SpaceExhaustedError, Values
from local_cloud.sagemaker.tuner.trials import Trial


def most_jobs(config: Mapping[str, Any], definitions: Sequence[Definition]) -> int:
    """MaxNumberOfTrainingJobs; where it is not given, the number of the grids' combinations."""
    given: int | None = config["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    return given or sum(strategy.grid_size(one.ranges) for one in definitions)


class Proposals:
    """The optimisers of one tuning job. Not thread-safe.

    AWS does not say how it deals training jobs over several definitions; here they take turns.
    """

    def __init__(self, document: Mapping[str, Any], definitions: Sequence[Definition]) -> None:
        self._optimisers = [
            _optimiser(document, definitions, place) for place in range(len(definitions))
        ]

    def ask(self, number: int, *, turn: int) -> tuple[int, Values]:
        """The place of the definition and the hyperparameters of trial ``number``; ``turn`` of
        the trials before it count.

        Raises SpaceExhaustedError when every combination of every grid was proposed.
        """
        count = len(self._optimisers)
        for further in range(count):
            place = (turn + further) % count
            try:
                return place, self._optimisers[place].ask(number)
            except SpaceExhaustedError:
                continue
        raise SpaceExhaustedError

    def remember(self, trial: Trial) -> None:
        """A trial that this object did not propose."""
        self._of(trial).remember(trial["number"], trial["tuned"])

    def tell(self, trial: Trial) -> None:
        """The trial has ended."""
        self._of(trial).tell(trial["number"], trial["objective"])

    def is_behind(self, trial: Trial, emitted: Sequence[float]) -> bool:
        """As :meth:`Optimiser.is_behind`."""
        return self._of(trial).is_behind(trial["number"], emitted)

    def _of(self, trial: Trial) -> Optimiser:
        return self._optimisers[trial.get("definition", 0)]


def _optimiser(
    document: Mapping[str, Any], definitions: Sequence[Definition], place: int
) -> Optimiser:
    config, definition = document["HyperParameterTuningJobConfig"], definitions[place]
    seed = config.get("RandomSeed")
    resource, _ = hyperband.resource(config, definition.request)
    optimiser = strategy.create(
        config["Strategy"],
        definition.ranges,
        direction=definition.direction,
        seed=None if seed is None else seed + place,
        max_jobs=max(1, most_jobs(config, definitions) // len(definitions)),
        trials_before=len(document["_trials"]),
        resource=(resource.least, resource.most),
        name=f"{document['HyperParameterTuningJobName']}/{place}",
    )
    same_data = warm_start.same_data(document)
    for known in document.get("_prior", []):
        optimiser.learn(known["values"], known["objective"], repeat=not same_data)
    return optimiser
