"""Which running training jobs a search stops before they end by themselves."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from local_cloud.sagemaker.tuner import early_stopping, hyperband
from local_cloud.sagemaker.tuner.definitions import Definition
from local_cloud.sagemaker.tuner.emissions import Emission
from local_cloud.sagemaker.tuner.proposals import Proposals
from local_cloud.sagemaker.tuner.trials import Trial, has_run


class StoppingRule(Protocol):
    """Told of what every trial emitted, oldest first."""

    def note_end(self, trial: Trial, emitted: Sequence[Emission]) -> None:
        """A trial has ended; before the optimiser is told."""

    def is_due(self, trial: Trial, emitted: Sequence[Emission]) -> bool:
        """Whether a running trial is to be stopped now."""


def create(
    config: Mapping[str, Any], definitions: Sequence[Definition], proposals: Proposals
) -> StoppingRule | None:
    """The rule of a HyperParameterTuningJobConfig; None where every job runs to its end."""
    if config["Strategy"] == "Hyperband":
        return HyperbandRule(config, definitions, proposals)
    if config.get("TrainingJobEarlyStoppingType", "Off") == "Auto":
        return MedianRule(definitions[0])
    return None


class MedianRule:
    """TrainingJobEarlyStoppingType Auto, of a job with one definition."""

    def __init__(self, definition: Definition) -> None:
        self._direction = definition.direction
        self._earlier: list[list[float]] = []

    def note_end(self, trial: Trial, emitted: Sequence[Emission]) -> None:
        if has_run(trial):
            self._earlier.append([one.value for one in emitted])

    def is_due(self, trial: Trial, emitted: Sequence[Emission]) -> bool:
        values = [one.value for one in emitted]
        return early_stopping.is_behind(values, self._earlier, direction=self._direction)


class HyperbandRule:
    """Strategy Hyperband: what is behind, and what has used up MaxResource."""

    def __init__(
        self,
        config: Mapping[str, Any],
        definitions: Sequence[Definition],
        proposals: Proposals,
    ) -> None:
        self._most = [hyperband.resource(config, one.request)[0].most for one in definitions]
        self._proposals = proposals

    def note_end(self, trial: Trial, emitted: Sequence[Emission]) -> None:
        self._proposals.is_behind(trial, [one.value for one in emitted])

    def is_due(self, trial: Trial, emitted: Sequence[Emission]) -> bool:
        most = self._most[trial.get("definition", 0)]
        # Who has got to the end is not behind, and may be writing its model.
        behind = self._proposals.is_behind(trial, [one.value for one in emitted[: most - 1]])
        return behind or hyperband.is_used_up(emitted, most, now=time.time())
