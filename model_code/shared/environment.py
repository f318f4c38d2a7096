"""Where SageMaker puts a training job's data, and where it takes results from."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ML = os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")
"""The folder of all that SageMaker and the container exchange."""


@dataclass(frozen=True, kw_only=True)
class TrainingEnvironment:
    """Folders and hosts of the job. https://github.com/aws/sagemaker-training-toolkit lists the
    SM_*.

    Attributes:
        weights: folder of the channel with pretrained weights; None where the job has none.
        hosts: of the job, in the same order on each.
        rank: of this host among them.
        job: the job's name.
    """

    train: Path
    validation: Path
    model: Path
    checkpoints: Path
    weights: Path | None = None
    hosts: tuple[str, ...] = ("algo-1",)
    rank: int = 0
    job: str = ""

    @classmethod
    def from_variables(cls, variables: Mapping[str, str] = os.environ) -> TrainingEnvironment:
        """Read SM_*; outside a container their defaults are those of the container."""
        data = f"{ML}/input/data"
        named = json.loads(variables.get("SM_HOSTS", '["algo-1"]'))
        hosts = tuple(sorted(map(str, named), key=lambda name: (len(name), name)))
        weights = variables.get("SM_CHANNEL_WEIGHTS")
        return cls(
            train=Path(variables.get("SM_CHANNEL_TRAIN", f"{data}/train")),
            validation=Path(variables.get("SM_CHANNEL_VALIDATION", f"{data}/validation")),
            model=Path(variables.get("SM_MODEL_DIR", f"{ML}/model")),
            # No variable names it: CheckpointConfig.LocalPath is /opt/ml/checkpoints unless told.
            checkpoints=Path(variables.get("CHECKPOINT_DIR", f"{ML}/checkpoints")),
            weights=Path(weights) if weights else None,
            hosts=hosts,
            rank=hosts.index(variables.get("SM_CURRENT_HOST", hosts[0])),
            job=variables.get("TRAINING_JOB_NAME", variables.get("SM_JOB_NAME", "")),
        )

    @property
    def is_first(self) -> bool:
        """Whether this host writes what one host alone must write."""
        return self.rank == 0
