"""Which images are built-in algorithms, and what is read from their logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.runner import builtin_algorithms, images, metrics
from local_cloud.sagemaker.runner.builtin_algorithms import BuiltinAlgorithm
from local_cloud.settings import LocalCloudSettings

REPOSITORY = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost"


def _xgboost() -> BuiltinAlgorithm:
    found = builtin_algorithms.find(f"{REPOSITORY}:3.2-0")
    assert found
    return found


@pytest.mark.parametrize(
    ("tag", "library"),
    [
        ("3.2-0", "xgboost-cpu==3.2.*"),
        ("3.0-5", "xgboost-cpu==3.0.*"),
        ("1.7-1", "xgboost==1.7.*"),
    ],
)
def test_a_release_of_the_image_gets_the_library_of_that_release(
    tmp_path: Path, tag: str, library: str
) -> None:
    entry = images.find(LocalCloudSettings(state_dir=tmp_path), f"{REPOSITORY}:{tag}")
    assert library in entry["packages"]


def test_a_release_without_a_stand_in_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationException, match="nothing that stands for the image"):
        images.find(LocalCloudSettings(state_dir=tmp_path), f"{REPOSITORY}:0.90-1")


def test_images_of_other_repositories_are_no_built_in_algorithms() -> None:
    assert builtin_algorithms.find("registry.example/my-sagemaker-xgboost:1") is None


def test_numbers_are_read_from_a_round_of_several_metrics() -> None:
    line = (
        "[12]#011train-auc:0.99000#011train-mae:1.50000#011validation-auc:0.91234"
        "#011validation-map:-0.00012"
    )
    wanted = metrics.definitions(_xgboost().metric_definitions)
    found = {one["MetricName"]: one["Value"] for one in metrics.scan(line, wanted)}
    assert found == {
        "train:auc": 0.99,
        "train:mae": 1.5,
        "validation:auc": 0.91234,
        "validation:map": -0.00012,
    }


def test_each_objective_has_one_type() -> None:
    objectives = _xgboost().objectives
    assert objectives["validation:accuracy"] == "Maximize"
    assert objectives["validation:mlogloss"] == "Minimize"
    assert not any(name.startswith("train:") for name in objectives)
