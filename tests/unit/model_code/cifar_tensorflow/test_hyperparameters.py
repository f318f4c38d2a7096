from __future__ import annotations

import pytest

from cifar_tensorflow import hyperparameters
from shared.faults import RefusedError
from tests.unit.model_code.conftest import Container


def test_all_wrong_hyperparameters_are_told_together_with_what_is_allowed(
    container: Container,
) -> None:
    finished = container.run(
        "cifar_tensorflow/train.py",
        *("--learning-rate", "-1", "--optimizer", "lion", "--batch-size", "0.5"),
        *("--model-type", "vgg", "--epochs", "0", "--bogus", "1"),
    )
    assert finished.returncode == 1
    assert "Traceback" not in finished.stderr
    for told in (
        "--learning-rate: '-1' is not allowed; give a number from 1e-07 to 10",
        "--optimizer: 'lion' is not allowed; give one of sgd, adam",
        "--batch-size: '0.5' is not allowed; give a whole number from 1 to 65536",
        "--model-type: 'vgg' is not allowed; give one of resnet, custom",
        "--epochs: '0' is not allowed",
        "--bogus: is unknown; allowed are --learning-rate",
    ):
        assert told in finished.stderr


@pytest.mark.parametrize("value", ["nan", "inf", "", "0.1x"])
def test_a_learning_rate_that_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(RefusedError, match="--learning-rate"):
        hyperparameters.parse(["--learning-rate", value])


def test_a_hyperparameter_without_a_value_is_refused() -> None:
    with pytest.raises(RefusedError, match="--batch-size: '' is not allowed"):
        hyperparameters.parse(["--batch-size"])


def test_what_the_framework_adds_to_a_trial_is_ignored() -> None:
    given = ["--model_dir", "None/trial/model", "--_tuning_objective_metric", "val_accuracy"]
    assert hyperparameters.parse(given) == hyperparameters.parse([])


def test_the_fingerprint_tells_hyperparameters_and_data_apart() -> None:
    some, other = hyperparameters.parse([]), hyperparameters.parse(["--seed", "1"])
    marks = {some.fingerprint("a"), some.fingerprint("b"), other.fingerprint("a")}
    assert len(marks) == 3
    assert hyperparameters.parse([]).fingerprint("a") in marks
