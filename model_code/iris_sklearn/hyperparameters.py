"""The hyperparameters of this workload: read all, then tell all faults at once."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from iris_sklearn.faults import RefusedError

LOGISTIC, FOREST = MODELS = ("logistic", "forest")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hyperparameters:
    """Attributes:
    model: `logistic` (logistic regression on scaled features) or `forest` (random forest).
    C: inverse strength of the regularisation, [1e-4, 1e4]; of `logistic`.
    max_depth: of each tree, 1 to 64; of `forest`.
    n_estimators: trees, 1 to 2000; of `forest`.
    seed: of all chance.
    """

    model: str = LOGISTIC
    C: float = 1.0
    max_depth: int = 4
    n_estimators: int = 100
    seed: int = 0

    def document(self) -> dict[str, Any]:
        return asdict(self)


def _model(text: str) -> str:
    if text not in MODELS:
        raise ValueError(text)
    return text


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = float(text)
        if not (math.isfinite(value) and low <= value <= high):
            raise ValueError(text)
        return value

    return read


def _integer(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return read


_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "model": (_model, f"one of {', '.join(MODELS)}"),
    "C": (_number(1e-4, 1e4), "a number from 0.0001 to 10000"),
    "max_depth": (_integer(1, 64), "a whole number from 1 to 64"),
    "n_estimators": (_integer(1, 2000), "a whole number from 1 to 2000"),
    "seed": (_integer(0, 2**31 - 1), "a whole number from 0 to 2147483647"),
}


def read(path: Path) -> Hyperparameters:
    """Those of hyperparameters.json, where SageMaker puts all values as texts.

    Raises:
        RefusedError: with each unknown or wrong one.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        given = {}
    except ValueError as error:
        raise RefusedError("hyperparameters are damaged:", [f"{path}: {error}"]) from error
    return parse(given)


def parse(given: Mapping[str, str]) -> Hyperparameters:
    """As `read`. What SageMaker adds for itself (`_tuning_objective_metric`) is left out."""
    values: dict[str, Any] = {}
    faults = []
    for name, text in given.items():
        if name.startswith(("_", "sagemaker_")):
            continue
        if name not in _READERS:
            faults.append(f"{name}: is unknown; allowed are {', '.join(_READERS)}")
            continue
        reader, allowed = _READERS[name]
        try:
            # The tuner quotes the values of categories.
            values[name] = reader(str(text).strip('"'))
        except ValueError:
            faults.append(f"{name}: {text!r} is not allowed; give {allowed}")
    if faults:
        raise RefusedError("hyperparameters are wrong:", faults)
    return Hyperparameters(**values)
