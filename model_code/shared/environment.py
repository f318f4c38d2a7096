"""Where SageMaker puts a training job's data, and where it takes results from."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.faults import RefusedError

ML = os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")
"""The folder of all that SageMaker and the container exchange."""


@dataclass(frozen=True, kw_only=True)
class TrainingEnvironment:
    """Folders of the job. https://github.com/aws/sagemaker-training-toolkit lists the SM_*."""

    train: Path
    validation: Path
    model: Path
    checkpoints: Path

    @classmethod
    def from_variables(cls, variables: Mapping[str, str] = os.environ) -> TrainingEnvironment:
        """Read SM_*; outside a container their defaults are those of the container.

        Raises:
            RefusedError: the job has more machines than train.py can use.
        """
        hosts = json.loads(variables.get("SM_HOSTS", '["algo-1"]'))
        if len(hosts) > 1:
            raise RefusedError(
                "train.py uses all GPUs of one machine, not several machines:",
                [f"instance_count: {len(hosts)} is not allowed; set 1 and a larger instance_type"],
            )
        data = f"{ML}/input/data"
        return cls(
            train=Path(variables.get("SM_CHANNEL_TRAIN", f"{data}/train")),
            validation=Path(variables.get("SM_CHANNEL_VALIDATION", f"{data}/validation")),
            model=Path(variables.get("SM_MODEL_DIR", f"{ML}/model")),
            # No variable names it: CheckpointConfig.LocalPath is /opt/ml/checkpoints unless told.
            checkpoints=Path(variables.get("CHECKPOINT_DIR", f"{ML}/checkpoints")),
        )
