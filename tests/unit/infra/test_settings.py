"""A wrong configuration is refused whole, each fault with file, key, value and what is allowed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from infra.settings import ConfigurationError, environment_names, load_settings
from tests.unit.infra.conftest import ROOT, Configuration

LOCAL = "environments/local.yaml"
CIFAR = "workloads/cifar-tensorflow.yaml"
CUSTOM = "workloads/cifar-custom-container.yaml"
OneFault = Callable[[str, str, str], str]


@pytest.mark.parametrize("environment", ["dev", "local", "prod", "staging"])
def test_each_shipped_environment_loads(environment: str) -> None:
    settings = load_settings(ROOT / "config", environment)
    assert settings.environment.name == environment
    assert settings.workloads[0].name == "cifar-tensorflow"


def test_the_search_is_the_same_everywhere_and_smaller_locally() -> None:
    local, prod = (
        load_settings(ROOT / "config", name).workloads[0].tuning for name in ("local", "prod")
    )
    assert local.ranges == prod.ranges
    assert local.max_jobs < prod.max_jobs


@pytest.mark.parametrize("environment", ["dev", "prod", "staging"])
def test_real_environments_tune_and_train_on_gpus(environment: str) -> None:
    workload = load_settings(ROOT / "config", environment).workloads[0]
    assert workload.tuning.compute.instance_type.startswith("ml.g5.")
    assert workload.training.compute.instance_type.startswith("ml.g5.")


def test_settings_do_not_change_once_loaded() -> None:
    environment = load_settings(ROOT / "config", "local").environment
    with pytest.raises(ValidationError):
        environment.region = "eu-west-1"


def test_an_unknown_environment_lists_those_there_are(configuration: Configuration) -> None:
    (fault,) = configuration.faults("prud")
    assert fault == (
        "config/environments: has no environment 'prud'; did you mean `prod`? "
        "(allowed: dev, local, prod, staging)"
    )


def test_environments_are_the_files_there_are(configuration: Configuration) -> None:
    (configuration.folder / "environments" / "test-2.yaml").touch()
    assert environment_names(configuration.folder) == ["dev", "local", "prod", "staging", "test-2"]


def test_an_environment_without_an_account_says_where_to_put_it(one_fault: OneFault) -> None:
    fault = one_fault(LOCAL, 'account: "000000000000"\n', "")
    assert fault == (
        "config/environments/local.yaml: account: is missing (allowed: the AWS account's 12 "
        "digits in quotes; `aws sts get-caller-identity --query Account` prints it)"
    )


@pytest.mark.parametrize(
    ("account", "problem"),
    [
        ("123456789012", "account = 123456789012: was read as a number: put it in quotes"),
        ('"12345"', "account = '12345': has not the form that is allowed"),
        ("null", "account = None: should be a valid string"),
        ('""', "account = '': has not the form that is allowed"),
    ],
)
def test_an_account_that_is_none_is_refused(
    one_fault: OneFault, account: str, problem: str
) -> None:
    assert problem in one_fault(LOCAL, '"000000000000"', account)


def test_a_misspelt_key_suggests_the_nearest(configuration: Configuration) -> None:
    configuration.edit(LOCAL, "quiet_seconds: 5", "quiet_second: 5")
    misspelt, missing = sorted(configuration.faults(), key=lambda line: "missing" in line)
    assert misspelt == (
        "config/environments/local.yaml: intake.quiet_second = 5: is not a known key; did you "
        "mean `quiet_seconds`? (allowed: max_wait_seconds, quiet_seconds)"
    )
    assert missing.startswith("config/environments/local.yaml: intake.quiet_seconds: is missing")


def test_all_faults_of_all_files_are_reported_together(configuration: Configuration) -> None:
    configuration.edit(LOCAL, "removal: destroy", "removal: burn")
    configuration.edit(LOCAL, "max_wait_seconds: 300", "max_wait_seconds: 1")
    configuration.edit(CIFAR, "image_size: 32 ", "image_size: 4 ")
    configuration.edit(CIFAR, "strategy: Bayesian ", "strategy: Guess ")
    faults = configuration.faults()
    for start in (
        "config/environments/local.yaml: removal = 'burn': should be 'destroy' or 'retain'",
        "config/environments/local.yaml: intake.max_wait_seconds = 1: is shorter than",
        "config/workloads/cifar-tensorflow.yaml: data.image_size = 4: should be greater",
        "config/workloads/cifar-tensorflow.yaml: tuning.strategy = 'Guess': should be",
    ):
        assert [fault for fault in faults if fault.startswith(start)], (start, faults)
    assert len(faults) == 4
    assert all("(allowed: " in fault for fault in faults)


def test_a_key_that_stands_twice_is_refused(one_fault: OneFault) -> None:
    fault = one_fault(LOCAL, "log_retention_days: 7", "log_retention_days: 7\nregion: eu-west-1")
    assert "region: stands twice" in fault


def test_broken_yaml_names_the_line(one_fault: OneFault) -> None:
    fault = one_fault(LOCAL, "region: us-east-1", "region: [us-east-1")
    assert fault.startswith("config/environments/local.yaml: is no valid YAML, line ")


@pytest.mark.parametrize("content", ["", "- a\n- b\n"])
def test_a_file_without_keys_is_refused(configuration: Configuration, content: str) -> None:
    (configuration.folder / LOCAL).write_text(content)
    (fault,) = configuration.faults()
    assert "is empty or no mapping" in fault


def test_an_unknown_workload_lists_those_there_are(one_fault: OneFault) -> None:
    fault = one_fault(LOCAL, "- cifar-tensorflow", "- cifar-tensorflov")
    assert "did you mean `cifar-tensorflow`?" in fault
    names = sorted(path.stem for path in (ROOT / "config" / "workloads").glob("*.yaml"))
    assert fault.endswith(f"(allowed: {', '.join(names)})")


def test_an_unknown_instance_type_suggests_near_ones(one_fault: OneFault) -> None:
    fault = one_fault(LOCAL, "tune: ml.m5.large", "tune: ml.m5.larg")
    assert fault.startswith("config/environments/local.yaml: instances.tune = 'ml.m5.larg'")
    assert "did you mean ml.m5.large" in fault


def test_a_fault_of_another_environment_is_found_as_well(configuration: Configuration) -> None:
    configuration.edit(CIFAR, "instance_count: 2 ", "instance_count: 0 ")
    (fault,) = configuration.faults("local")
    assert "environments.prod.serving.instance_count = 0" in fault


def test_spot_and_warm_pool_exclude_each_other(one_fault: OneFault) -> None:
    spot = "spot: true\n    max_wait_minutes: 300\n    warm_pool_minutes: 5"
    fault = one_fault(CIFAR, "spot: false    ", spot)
    assert "training.compute.warm_pool_minutes = 5: SageMaker keeps no warm pool" in fault


def test_a_searched_hyperparameter_cannot_be_fixed_too(one_fault: OneFault) -> None:
    fault = one_fault(
        CIFAR, "  final_epochs: 20", "  final_epochs: 20\n  fixed_hyperparameters: {optimizer: sgd}"
    )
    assert "training.fixed_hyperparameters.optimizer = 'sgd': is searched" in fault


def copy_of_cifar(configuration: Configuration, *names: str, file: str = LOCAL) -> None:
    """The workload once more under each name, and named by the environment's file."""
    workloads = configuration.folder / "workloads"
    for name in names:
        shutil.copy(workloads / "cifar-tensorflow.yaml", workloads / f"{name}.yaml")
    listed = "".join(f"\n  - {name}" for name in ("cifar-tensorflow", *names))
    configuration.edit(file, "\n  - cifar-tensorflow", listed)


def test_names_that_are_too_long_for_sagemaker_are_refused(configuration: Configuration) -> None:
    copy_of_cifar(configuration, "w" * 32, file="environments/staging.yaml")
    (fault,) = configuration.faults("staging")
    assert "have 39 characters together" in fault
    assert "shorten one of them" in fault


def test_names_that_differ_by_hyphens_alone_are_refused(configuration: Configuration) -> None:
    copy_of_cifar(configuration, "birds-2", "birds2")
    (fault,) = configuration.faults()
    assert "names 'birds-2' and 'birds2', which differ by hyphens alone" in fault


def test_a_missing_code_folder_is_named(one_fault: OneFault) -> None:
    fault = one_fault(CIFAR, "model_code/cifar_tensorflow", "model_code/cifar_tensorflov")
    assert "code = 'model_code/cifar_tensorflov': is no folder of this repository" in fault


def test_a_code_folder_that_lacks_a_script_is_named(configuration: Configuration) -> None:
    code = configuration.folder.parent / "model_code" / "cifar_tensorflow"
    (code / "predictor.py").unlink()
    (code / "train.py").unlink()
    (fault,) = configuration.faults()
    assert "code = 'model_code/cifar_tensorflow': has no train.py, predictor.py" in fault


def test_a_framework_without_an_image_lists_those_there_are(one_fault: OneFault) -> None:
    fault = one_fault(CIFAR, '"2.19.0"', '"2.99.0"')
    assert fault.endswith("framework.version = '2.99.0': has no image (allowed: 2.19.0)")


def test_a_region_without_images_lists_those_there_are(configuration: Configuration) -> None:
    configuration.edit(LOCAL, "region: us-east-1", "region: us-east-9")
    faults = configuration.faults()
    # One for TensorFlow, PyTorch and the built-in algorithms each: their regions differ.
    assert len(faults) == 3
    assert all("local.yaml: region = 'us-east-9'" in fault for fault in faults)
    assert all("us-east-1" in fault for fault in faults)


def test_the_app_ends_with_the_message_and_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "CDK_CONTEXT_JSON": '{"env": "prud"}'},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "did you mean `prod`?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_workload_takes_what_it_does_not_say_from_the_one_that_it_extends() -> None:
    extended, extending, *_ = load_settings(ROOT / "config", "local").workloads
    assert (extended.name, extending.name) == ("cifar-tensorflow", "cifar-custom-container")
    differing = {
        key
        for key in type(extended).model_fields
        if getattr(extended, key) != getattr(extending, key)
    }
    assert differing == {"name", "description", "image"}


def test_a_fault_in_what_is_extended_is_told_of_the_file_where_it_stands(
    configuration: Configuration,
) -> None:
    configuration.edit(CIFAR, "image_size: 32 ", "image_size: 4 ")
    (fault,) = configuration.faults()
    assert fault.startswith(f"config/{CIFAR}: data.image_size = 4")


@pytest.mark.parametrize(
    ("extended", "problem"),
    [
        ("cifar-tensorflaw", "extends = 'cifar-tensorflaw': names no file beside this one"),
        ("cifar-custom-container", "extends = 'cifar-custom-container': is in a circle"),
    ],
)
def test_a_workload_that_extends_none_there_is_is_refused(
    configuration: Configuration, extended: str, problem: str
) -> None:
    configuration.edit(CUSTOM, "extends: cifar-tensorflow", f"extends: {extended}")
    (fault,) = configuration.faults()
    assert fault.startswith(f"config/{CUSTOM}: {problem}")


def test_some_of_an_environment_s_workloads_can_be_asked_for() -> None:
    settings = load_settings(ROOT / "config", "local", only=["churn-xgboost", "iris-xgboost"])
    assert [workload.name for workload in settings.workloads] == ["iris-xgboost", "churn-xgboost"]


def test_a_workload_that_the_environment_has_not_cannot_be_asked_for() -> None:
    with pytest.raises(
        ConfigurationError, match=r"has no 'iris', which was asked for \(allowed: c"
    ):
        load_settings(ROOT / "config", "local", only=["iris"])


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "label: species",
            "label: kind",
            "data.label = 'kind': is no column (allowed: one of species,",
        ),
        (
            "  - {name: petal_width, type: number, min: 0, max: 30}",
            "  - {name: petal_width, type: category}",
            "data.columns.4.type = 'category': is a feature, and features are numbers",
        ),
        (
            "  objective:\n    metric: validation:mlogloss",
            "  metrics: {loss: 'loss=(.*)'}\n  objective:\n    metric: loss",
            "tuning.metrics = ['loss']: are the algorithm's own, and SageMaker takes no others",
        ),
        ("  kind: table", "  kind: tables", "data.kind = 'tables': is none of the kinds"),
        (
            "algorithm:\n",
            "image: model_code/iris\nalgorithm:\n",
            "image = 'model_code/iris': has no place beside an algorithm of AWS's",
        ),
        ('  version: "3.2-0"', '  version: "9.9-9"', "algorithm.version = '9.9-9': has no image"),
    ],
)
def test_what_does_not_fit_a_table_or_an_algorithm_is_refused(
    configuration: Configuration, old: str, new: str, problem: str
) -> None:
    configuration.edit("workloads/iris-xgboost.yaml", old, new)
    faults = configuration.faults()
    assert any(
        fault.startswith(f"config/workloads/iris-xgboost.yaml: {problem}") for fault in faults
    )
