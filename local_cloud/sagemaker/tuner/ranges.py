"""The API's ParameterRanges as distributions that the optimiser samples.

Values travel as strings, as in the API. Contract:
docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

MAX_RANGES = 30
_AUTO_IS_LOGARITHMIC_FROM = 1000.0
"""``Auto`` takes the logarithmic scale where max/min is at least this. AWS does not publish
its own rule."""

Scaling = Literal["Linear", "Logarithmic", "ReverseLogarithmic"]


class Range(Protocol):
    """One tuned hyperparameter."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> float:
        """How many values it has; infinite for a continuous one."""

    def every(self) -> Sequence[str]:
        """All values as hyperparameters, where they are finitely many."""

    def distribution(self) -> BaseDistribution:
        """What the optimiser samples."""

    def to_api(self, sampled: Any) -> str:
        """A sampled value as the training job's hyperparameter."""

    def from_api(self, text: str) -> Any:
        """The inverse of :meth:`to_api`; raises ValueError if the text is outside the range."""


@dataclass(frozen=True)
class ContinuousRange:
    name: str
    low: float
    high: float
    scaling: Scaling

    @property
    def size(self) -> float:
        return math.inf

    def every(self) -> Sequence[str]:
        raise ValueError(f"{self.name} is continuous")

    def distribution(self) -> FloatDistribution:
        if self.scaling == "ReverseLogarithmic":
            return FloatDistribution(1.0 - self.high, 1.0 - self.low, log=True)
        return FloatDistribution(self.low, self.high, log=self.scaling == "Logarithmic")

    def to_api(self, sampled: Any) -> str:
        value = 1.0 - sampled if self.scaling == "ReverseLogarithmic" else float(sampled)
        return repr(min(max(value, self.low), self.high))

    def from_api(self, text: str) -> float:
        value = float(text)
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.name}={text} is outside [{self.low}, {self.high}]")
        if self.scaling != "ReverseLogarithmic":
            return value
        return min(max(1.0 - value, 1.0 - self.high), 1.0 - self.low)


@dataclass(frozen=True)
class IntegerRange:
    name: str
    low: int
    high: int
    scaling: Scaling

    @property
    def size(self) -> float:
        return self.high - self.low + 1

    def every(self) -> Sequence[str]:
        return [str(value) for value in range(self.low, self.high + 1)]

    def distribution(self) -> IntDistribution:
        return IntDistribution(self.low, self.high, log=self.scaling == "Logarithmic")

    def to_api(self, sampled: Any) -> str:
        return str(int(sampled))

    def from_api(self, text: str) -> int:
        value = int(text)
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.name}={text} is outside [{self.low}, {self.high}]")
        return value


@dataclass(frozen=True)
class CategoricalRange:
    name: str
    values: tuple[str, ...]

    @property
    def size(self) -> float:
        return len(self.values)

    def every(self) -> Sequence[str]:
        return self.values

    def distribution(self) -> CategoricalDistribution:
        return CategoricalDistribution(self.values)

    def to_api(self, sampled: Any) -> str:
        return str(sampled)

    def from_api(self, text: str) -> str:
        if text not in self.values:
            raise ValueError(f"{self.name}={text} is none of {list(self.values)}")
        return text


def parse(parameter_ranges: Mapping[str, Any]) -> tuple[list[Range], list[str]]:
    """The ranges, and every fault found in them (the ranges are whole if there is none)."""
    ranges: list[Range] = []
    faults: list[str] = []
    for entry in parameter_ranges.get("ContinuousParameterRanges", []):
        _collect(_continuous, entry, ranges, faults)
    for entry in parameter_ranges.get("IntegerParameterRanges", []):
        _collect(_integer, entry, ranges, faults)
    for entry in parameter_ranges.get("CategoricalParameterRanges", []):
        _collect(_categorical, entry, ranges, faults)
    names = [one.name for one in ranges]
    faults += [
        f"Hyperparameter [{name}] has more than one range."
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    if len(ranges) > MAX_RANGES:
        faults.append(
            f"{len(ranges)} hyperparameter ranges are given, at most {MAX_RANGES} are allowed."
        )
    return ranges, faults


def _collect(build: Any, entry: Mapping[str, Any], ranges: list[Range], faults: list[str]) -> None:
    try:
        ranges.append(build(entry))
    except ValueError as error:
        faults.append(f"Range of hyperparameter [{entry['Name']}]: {error}.")


def _continuous(entry: Mapping[str, Any]) -> ContinuousRange:
    low, high = _number(entry, "MinValue", float), _number(entry, "MaxValue", float)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError("MinValue and MaxValue must be finite")
    scaling = _scaling(entry, low, high)
    if scaling == "ReverseLogarithmic" and not 0.0 <= low < high < 1.0:
        raise ValueError(
            "Reverse logarithmic scaling works only for ranges that are entirely within the range "
            "0<=x<1.0"
        )
    return ContinuousRange(entry["Name"], low, high, scaling)


def _integer(entry: Mapping[str, Any]) -> IntegerRange:
    low, high = _number(entry, "MinValue", int), _number(entry, "MaxValue", int)
    scaling = _scaling(entry, low, high)
    if scaling == "ReverseLogarithmic":
        raise ValueError(
            "Reverse logarithmic scaling is not supported for integer hyperparameter ranges"
        )
    return IntegerRange(entry["Name"], low, high, scaling)


def _categorical(entry: Mapping[str, Any]) -> CategoricalRange:
    values = tuple(entry["Values"])
    if len(set(values)) != len(values):
        raise ValueError(f"Values {list(values)} holds a value twice")
    return CategoricalRange(entry["Name"], values)


def _number(entry: Mapping[str, Any], member: str, kind: Any) -> Any:
    try:
        return kind(entry[member])
    except ValueError:
        raise ValueError(f"{member} '{entry[member]}' is no {kind.__name__}") from None


def _scaling(entry: Mapping[str, Any], low: float, high: float) -> Scaling:
    if low >= high:
        raise ValueError(f"MinValue [{low}] must be less than MaxValue [{high}]")
    asked: str = entry.get("ScalingType", "Auto")
    if asked == "Auto":
        wide = low > 0 and high / low >= _AUTO_IS_LOGARITHMIC_FROM
        return "Logarithmic" if wide else "Linear"
    if asked == "Logarithmic":
        if low <= 0:
            raise ValueError(
                "Logarithmic scaling works only for ranges that have only values greater than 0"
            )
        return "Logarithmic"
    return "ReverseLogarithmic" if asked == "ReverseLogarithmic" else "Linear"
