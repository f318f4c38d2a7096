from __future__ import annotations

from typing import Any

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from local_cloud.sagemaker.tuner import ranges


def continuous(low: str, high: str, scaling: str | None = None) -> dict[str, Any]:
    entry = {"Name": "x", "MinValue": low, "MaxValue": high}
    return {"ContinuousParameterRanges": [entry | ({"ScalingType": scaling} if scaling else {})]}


def integer(low: str, high: str, scaling: str) -> dict[str, Any]:
    entry = {"Name": "n", "MinValue": low, "MaxValue": high, "ScalingType": scaling}
    return {"IntegerParameterRanges": [entry]}


def only(parameter_ranges: dict[str, Any]) -> ranges.Range:
    found, faults = ranges.parse(parameter_ranges)
    assert faults == []
    return found[0]


def test_a_logarithmic_range_is_sampled_on_a_logarithmic_scale() -> None:
    distribution = only(continuous("0.0001", "0.1", "Logarithmic")).distribution()
    assert distribution == FloatDistribution(0.0001, 0.1, log=True)


def test_a_reverse_logarithmic_range_is_sampled_by_its_distance_from_one() -> None:
    one = only(continuous("0.9", "0.999", "ReverseLogarithmic"))
    distribution = one.distribution()
    assert isinstance(distribution, FloatDistribution)
    assert distribution.log
    assert one.to_api(0.001) == repr(0.999)
    assert one.from_api("0.95") == pytest.approx(0.05)


@pytest.mark.parametrize(("high", "log"), [("0.5", False), ("10", True)])
def test_auto_scaling_is_logarithmic_for_wide_ranges_only(high: str, log: bool) -> None:
    distribution = only(continuous("0.01", high)).distribution()
    assert isinstance(distribution, FloatDistribution)
    assert distribution.log is log


def test_an_integer_range_gives_whole_numbers_as_strings() -> None:
    one = only(integer("1", "64", "Logarithmic"))
    assert one.distribution() == IntDistribution(1, 64, log=True)
    assert one.to_api(32) == "32"
    assert one.from_api("32") == 32


def test_a_categorical_range_keeps_its_values_as_strings() -> None:
    one = only({"CategoricalParameterRanges": [{"Name": "c", "Values": ["32", "128"]}]})
    assert one.distribution() == CategoricalDistribution(("32", "128"))
    assert one.to_api("128") == "128"


@pytest.mark.parametrize(
    ("parameter_ranges", "fault"),
    [
        (continuous("0.1", "0.01"), "MinValue [0.1] must be less than MaxValue [0.01]"),
        (continuous("0.1", "0.1"), "MinValue [0.1] must be less than MaxValue [0.1]"),
        (continuous("zero", "1"), "MinValue 'zero' is no float"),
        (continuous("nan", "1"), "must be finite"),
        (continuous("0", "1", "Logarithmic"), "only values greater than 0"),
        (continuous("0", "1", "ReverseLogarithmic"), "entirely within the range 0<=x<1.0"),
        (integer("1.5", "2", "Linear"), "MinValue '1.5' is no int"),
        (integer("1", "2", "ReverseLogarithmic"), "not supported for integer"),
        (
            {"CategoricalParameterRanges": [{"Name": "c", "Values": ["a", "a"]}]},
            "holds a value twice",
        ),
    ],
)
def test_a_range_that_cannot_be_sampled_is_refused_with_its_name(
    parameter_ranges: dict[str, Any], fault: str
) -> None:
    _, faults = ranges.parse(parameter_ranges)
    assert len(faults) == 1
    assert fault in faults[0]
    assert faults[0].startswith("Range of hyperparameter [")


def test_more_than_thirty_ranges_are_refused() -> None:
    many = [{"Name": f"c{i}", "Values": ["a"]} for i in range(31)]
    _, faults = ranges.parse({"CategoricalParameterRanges": many})
    assert faults == ["31 hyperparameter ranges are given, at most 30 are allowed."]
