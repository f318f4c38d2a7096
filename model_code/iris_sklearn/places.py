"""Where SageMaker puts what the container reads, and takes what it writes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """/opt/ml, or where a variable says that it is.

    "How Amazon SageMaker AI Provides Training Information" in the developer guide.
    """

    ml: Path

    @classmethod
    def from_variables(cls, variables: Mapping[str, str] = os.environ) -> Places:
        """SAGEMAKER_BASE_DIR and SAGEMAKER_LOCAL_ML_ROOT are for machines without /opt/ml."""
        for name in ("SAGEMAKER_BASE_DIR", "SAGEMAKER_LOCAL_ML_ROOT"):
            if variables.get(name):
                return cls(Path(variables[name]))
        return cls(Path("/opt/ml"))

    @property
    def hyperparameters(self) -> Path:
        return self.ml / "input" / "config" / "hyperparameters.json"

    @property
    def model(self) -> Path:
        return self.ml / "model"

    @property
    def failure(self) -> Path:
        """Its first 1,024 characters become the job's FailureReason."""
        return self.ml / "output" / "failure"

    def channel(self, name: str) -> Path:
        return self.ml / "input" / "data" / name
